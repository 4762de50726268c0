/** Prints how estimates compare with what was measured. */

import type { Size } from '../../server/src/size/size.ts';

export interface Comparison {
  readonly group: string;
  readonly name: string;
  /** Bytes. */
  readonly measured: number;
  readonly size: Size | undefined;
}

/** Does the measured figure lie in the band of the estimate? False where there is none. */
export function isInside({ measured, size }: Comparison): boolean {
  if (!size || size.low === null || size.high === null) return false;
  return size.low <= measured && measured <= size.high;
}

/** The share by which an estimate is off, without its sign; null: there is none. */
export function errorOf({ measured, size }: Comparison): number | null {
  const bytes = size?.bytes ?? null;
  return bytes === null ? null : Math.abs(bytes - measured) / Math.max(1, measured);
}

/** Every row, and for each group median, nine tenths, the largest error, and the share in the band. */
export function printComparisons(all: readonly Comparison[]): void {
  const groups = grouped(all);
  const lines: string[] = [];
  for (const [group, rows] of groups) {
    console.log(`\n${group}`);
    const errors: number[] = [];
    let inside = 0;
    for (const row of rows) {
      const { name, measured, size } = row;
      const bytes = size?.bytes ?? null;
      const off = bytes === null ? null : (bytes - measured) / Math.max(1, measured);
      if (off !== null) errors.push(Math.abs(off));
      const isRight = isInside(row);
      if (isRight) inside += 1;
      const shown = off === null ? 'unknown' : `${(100 * off).toFixed(4)} %`;
      console.log(
        `  ${name.padEnd(36)} ${String(measured).padStart(12)} ${String(bytes ?? '').padStart(12)} ${shown.padStart(11)} ${isRight ? '' : 'outside'} ${size?.atLeast ? 'at least' : ''}`,
      );
    }
    errors.sort((a, b) => a - b);
    const at = (share: number) =>
      `${(100 * (errors[Math.floor(share * (errors.length - 1))] ?? 0)).toFixed(4)} %`;
    lines.push(
      `${group}: ${rows.length} rows, ${errors.length} with a figure, median ${at(0.5)}, p90 ${at(0.9)}, max ${at(1)}, inside the band ${inside} of ${rows.length} (${Math.round((100 * inside) / rows.length)} %)`,
    );
  }
  console.log(`\n${lines.join('\n')}`);
}

function grouped(all: readonly Comparison[]): Map<string, Comparison[]> {
  const groups = new Map<string, Comparison[]>();
  for (const one of all) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}
