import { testAdapter } from "../_test_adapter.ts";
import { type MatrixUnit, matrixUnits } from "./matrix_units.ts";

/** Matrix units of the adapter that tests run on, and lanes of their subgroups. */
export const testUnits: { units: readonly MatrixUnit[]; lanes: number } =
  testAdapter === undefined
    ? { units: [], lanes: 0 }
    : matrixUnits(testAdapter, testAdapter.features);

/** Its unit for factors of a type. */
export function testUnit(type: MatrixUnit["type"]): MatrixUnit | undefined {
  return testUnits.units.find((unit) => unit.type === type);
}

/** What the adapter lacks for a test of such a unit, if anything. */
export function lacksUnit(type: MatrixUnit["type"]): string | undefined {
  return testUnit(type) === undefined ? `matrix units of ${type}` : undefined;
}
