/** Prints how estimates compare with what was measured. */

import type { Size } from '../../server/src/size/size.ts';

export interface Comparison {
  readonly group: string;
  readonly name: string;
  /** Bytes. */
  readonly measured: number;
  readonly size: Size | undefined;
}

/** Every row, and for each group median, nine tenths, the largest error, and the share in the band. */
export function printComparisons(all: readonly Comparison[]): void {
  const groups = grouped(all);
  const lines: string[] = [];
  for (const [group, rows] of groups) {
    console.log(`\n${group}`);
    const errors: number[] = [];
    let inside = 0;
    for (const { name, measured, size } of rows) {
      const bytes = size?.bytes ?? null;
      const off = bytes === null ? null : (bytes - measured) / Math.max(1, measured);
      if (off !== null) errors.push(Math.abs(off));
      const isInside =
        bytes !== null && (size?.low ?? 0) <= measured && measured <= (size?.high ?? 0);
      if (isInside) inside += 1;
      const shown = off === null ? 'unknown' : `${(100 * off).toFixed(4)} %`;
      console.log(
        `  ${name.padEnd(36)} ${String(measured).padStart(12)} ${String(bytes ?? '').padStart(12)} ${shown.padStart(11)} ${isInside ? '' : 'outside'} ${size?.atLeast ? 'at least' : ''}`,
      );
    }
    errors.sort((a, b) => a - b);
    const at = (share: number) =>
      `${(100 * (errors[Math.floor(share * (errors.length - 1))] ?? 0)).toFixed(4)} %`;
    lines.push(
      `${group}: ${rows.length} rows, ${errors.length} with a figure, median ${at(0.5)}, p90 ${at(0.9)}, max ${at(1)}, inside the band ${inside}`,
    );
  }
  console.log(`\n${lines.join('\n')}`);
}

function grouped(all: readonly Comparison[]): Map<string, Comparison[]> {
  const groups = new Map<string, Comparison[]>();
  for (const one of all) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}
