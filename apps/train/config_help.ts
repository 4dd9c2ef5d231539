/**
 * What each key of a config means, by its path below `config.process[0]`; keys of
 * data sets that validation and replay share stand once, and so do those of figures.
 */
export const CONFIG_HELP: Readonly<Record<string, string>> = {
  job: "not looked at; ai-toolkit's files have it",
  name: "name of the run, of its folder and its files",
  meta: "not looked at; whatever one wants to keep beside the run",
  type: "not looked at; ai-toolkit's name of the process",
  training_folder: "folder that runs share: their results, caches, figures",
  performance_log_every: "not looked at: the log has the time of every step",
  device: "`auto`, `cpu` or `webgpu`; `cuda:0` means `auto`",

  "network.type": "what is trained",
  "network.pretrained_lora_path":
    "LoRA that the run begins from: a file, or `@edit-transfer/micro` for the embedded model's; a new one if left out",
  "network.linear":
    "rank; that of the LoRA that the run begins from, without one it must be given",
  "network.linear_alpha":
    "the LoRA is scaled by this through the rank; the rank if left out",
  "network.network_kwargs.only_if_contains":
    "parts of names of layers, one of which a trained layer has; all layers of blocks if left out",
  "network.network_kwargs.ignore_if_contains":
    "parts of names, none of which a trained layer has",

  "save.dtype": "type of the numbers in the LoRA that is written at the end",
  "save.save_every": "steps between two checkpoints",
  "save.max_step_saves_to_keep": "checkpoints that are kept",
  "save.push_to_hub": "nothing is sent anywhere",

  "datasets.folder_path":
    "folder of four-panel pictures with captions, folder with `pairs.jsonl`, or such a file; this or `figures`",
  "datasets.caption_ext": "extension of caption files",
  "datasets.caption_dropout_rate":
    "share of the draws without caption, so that the example is needed",
  "datasets.caption_commas":
    "whether captions are cleaned at commas as ai-toolkit does",
  "datasets.caption_template":
    "caption with `{edit}` where the words of the edit go; words of captions of another form are put into it",
  "datasets.seams":
    "where composites are cut: where their seams are found, or at the centre",
  "datasets.shuffle_tokens": "captions stay in their order",
  "datasets.cache_latents_to_disk": "not looked at: latents are always cached",
  "datasets.resolution":
    "side of the composite in pixels, two panels; the model's own if left out, at most twice it; one for all data sets",

  "figures.split": "people and parameters that are drawn from",
  "figures.seed": "seed of the set",
  "figures.count": "edits that are drawn",
  "figures.compose": "edits made at once",
  "figures.types": "types of edit; all if left out",
  "figures.identities":
    "figures on which each edit is made, of which all ordered pairs are tasks; a pair for each edit if left out",

  "cache.folder":
    "folder of encodings; `_latent_cache` in `training_folder` if left out",
  "cache.dtype": "type of the numbers in it",

  "train.batch_size": "tasks that are computed at once",
  "train.steps": "updates of the LoRA",
  "train.gradient_accumulation_steps": "batches of an update",
  "train.gradient_checkpointing":
    "whether activations of blocks are computed again instead of kept: less memory, a third more time",
  "train.train_unet": "the transformer is what is trained",
  "train.train_text_encoder": "text encoders are not trained",
  "train.noise_scheduler": "as FLUX was trained",
  "train.timestep_type":
    "how noise levels are drawn: sigmoid of a normal number, `uniform` (`linear` is the same), or uniform and shifted",
  "train.timestep_shift": "factor of `shift`",
  "train.logit_mean": "mean of that normal number; above 0 is more noise",
  "train.logit_std": "its deviation",
  "train.panel_mode":
    "whether each panel is encoded alone, as edits do, or the grid as one picture, as the reference does",
  "train.noise.standardize": "noise of deviation 1 in each channel",
  "train.noise.round": "noise rounded to bf16, as the reference has it",
  "train.cfg_scale": "guidance that the model is told",
  "train.conditions":
    "`kept`: text and given panels do not see the answer, so that edits compute them once",
  "train.condition_sigma": "noise level that kept conditions are told",
  "train.optimizer": "AdamW; `adamw8bit` is the same with f32 state",
  "train.optimizer_params.betas": "decay of its two moments",
  "train.optimizer_params.eps": "added to the root of the second moment",
  "train.optimizer_params.weight_decay": "decay of weights",
  "train.lr": "learning rate",
  "train.lr_scheduler": "`cosine` falls along half a cosine",
  "train.lr_warmup_steps": "steps in which the rate rises from 0",
  "train.lr_scheduler_params.hold":
    "share of the steps after which the cosine begins",
  "train.lr_scheduler_params.eta_min": "rate at its end",
  "train.max_grad_norm": "longer gradients are scaled down to this",
  "train.ema_config.use_ema":
    "whether a moving average is kept, which is what edits best",
  "train.ema_config.ema_decay": "its decay",
  "train.ema_config.use_num_updates":
    "whether the decay is at most (1 + n) / (10 + n) at update n",
  "train.dtype": "training computes in f32, whatever this says",
  "train.seed": "seed of order, noise, noise levels and the new LoRA",

  "model.name_or_path":
    "base model: a folder, a file, `OWNER/NAME` of the hub's cache, or the embedded one",
  "model.is_flux": "the only architecture that there is",
  "model.quantize":
    "not looked at: `convert --quantize 8` makes a model in blocks, which is then named",

  "sample.sampler": "as FLUX is sampled",
  "sample.sample_every": "steps between two sheets of samples",
  "sample.sample_steps": "steps of an edit",
  "sample.guidance_scale": "guidance of an edit",
  "sample.seed": "seed of the first sample",
  "sample.walk_seed": "whether each sample has the seed after the last one's",
  "sample.count": "samples of validation tasks on a sheet; 0 makes no sheets",
  "sample.width": "not looked at: samples have the size of panels",
  "sample.height": "likewise",
  "sample.image":
    "pictures of one's own in place of validation tasks: a four-panel picture whose last panel is drawn anew, or `{ before, after, query }`, or a list of them",
  "sample.prompts":
    "whole captions of these: one for all, one each, or several for one picture; without words if left out",
  "sample.neg": "not looked at: edits have no negative prompt",

  "validation.hold_out":
    "share of the training data that is held out for it where it has none of its own; 0 judges by the training data",
  "validation.every": "steps between two validations",
  "validation.count": "tasks that are judged by, and held out at most",
  "validation.sigmas": "noise levels at which the loss is measured",
  "validation.seed": "seed of their noise",

  "augment.mirror":
    "share of the variants in which left and right are exchanged",
  "augment.crop.probability": "share in which a part of all panels is enlarged",
  "augment.crop.least": "least side of the part, as a share of the panel's",
  "augment.colours.probability": "share in which hues are turned",
  "augment.colours.degrees": "by up to how much",
  "augment.variants": "different pictures that these three make of a panel",
  "augment.exchange_rows": "share of the draws in which rows are exchanged",
  "augment.exchange_roles":
    "share in which before and after are exchanged in both rows, without the caption",
  "augment.pairings":
    "share in which the query's row is another composite's with the same caption",

  "replay.share": "share of the draws that come from this data set",
  "replay.preserve":
    "weight of prior preservation; their answers are learned from if left out",

  "stop.patience":
    "validations in a row without a lower loss after which the run ends; never if left out",
};
