import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Message } from "./chat.ts";

/** What a stand-in judge was sent. */
export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly messages: readonly Message[];
    readonly temperature?: number;
  };
}

/** How a stand-in judge answers a request. */
export type Behaviour = (response: ServerResponse, asked: Asked) => void;

/** A stand-in judge on 127.0.0.1. */
export interface TestJudge extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
}

/** Answers with the model's words. */
export function says(content: unknown, more: object = {}): Behaviour {
  return (response) =>
    void response.end(JSON.stringify({
      choices: [{ message: { role: "assistant", content }, ...more }],
      usage: { prompt_tokens: 100, completion_tokens: 7 },
    }));
}

/** Answers with a status, as an error of the API. */
export function fails(
  status: number,
  message = "busy",
  headers: Record<string, string> = {},
): Behaviour {
  return (response) => {
    response.writeHead(status, headers);
    response.end(JSON.stringify({ error: { message } }));
  };
}

/** Closes the connection without an answer. */
export const resets: Behaviour = (response) => void response.socket!.destroy();

/** Begins an answer and closes the connection within it. */
export const breaksOff: Behaviour = (response) => {
  response.write('{"choices": [{"mess');
  setTimeout(() => response.socket?.destroy(), 5);
};

/** Never answers. */
export const stalls: Behaviour = () => {};

/** Starts a stand-in judge: the last behaviour is that of all later requests. */
export async function testJudge(
  ...behaviours: readonly Behaviour[]
): Promise<TestJudge> {
  const asked: Asked[] = [];
  const read = async (request: IncomingMessage): Promise<Asked> => ({
    path: request.url!,
    authorization: request.headers.authorization,
    body: JSON.parse(
      Buffer.concat(await Array.fromAsync<Uint8Array>(request)).toString(),
    ),
  });
  const server = createServer(async (request, response) => {
    const one = await read(request);
    const behaviour = behaviours[Math.min(asked.length, behaviours.length - 1)];
    asked.push(one);
    behaviour!(response, one);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
