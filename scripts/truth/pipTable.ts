/** Compares `pip-truth.json`, a table of real installs, with the estimates from wheels of the same sums. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { estimateRun } from './measure.ts';
import { type Comparison, isInside, printComparisons } from './table.ts';

interface Row {
  /** Bytes on the disk, bytecode included. */
  readonly installed: number;
  readonly pyc: number;
  readonly py: number;
  readonly unpacked: number;
}

const lines = ['FROM python:3.12-slim', 'COPY wheels /wheels'];
const options = '--no-cache-dir --no-index --find-links=/wheels';

/** False where a row is outside the band that is stated. */
export async function comparePipTable(folder: string): Promise<boolean> {
  const table = JSON.parse(readFileSync(join(folder, 'pip-truth.json'), 'utf8')) as Readonly<
    Record<string, Row>
  >;
  const found: Comparison[] = [];
  for (const [name, row] of Object.entries(table)) {
    const context = mkdtempSync(join(tmpdir(), 'dockerfile-layers-truth-'));
    try {
      mkdirSync(join(context, 'wheels'));
      writeFileSync(
        join(context, `wheels/${name}-1.0-py3-none-any.whl`),
        emptyArchive({ 'package/all.py': row.py, 'package/rest.bin': row.unpacked - row.py }),
      );
      const compiled = await estimateRun(context, lines, `pip install ${options} ${name}`);
      const plain = await estimateRun(
        context,
        lines,
        `pip install --no-compile ${options} ${name}`,
      );
      const measured = row.installed;
      found.push({ group: 'pip', name, measured, size: compiled });
      found.push({ group: 'pip --no-compile', name, measured: measured - row.pyc, size: plain });
    } finally {
      rmSync(context, { recursive: true });
    }
  }
  printComparisons(found);
  const outside = found.filter((row) => !isInside(row));
  console.log(
    outside.length === 0
      ? 'Every row is inside the stated band.'
      : `Outside the stated band: ${outside.map(({ name }) => name).join(', ')}.`,
  );
  return found.length > 0 && outside.length === 0;
}

/** A ZIP archive whose directory states these sizes, and that has nothing else: nobody unpacks it. */
function emptyArchive(files: Readonly<Record<string, number>>): Buffer {
  const directory = Object.entries(files).map(([path, bytes]) => {
    const fields = Buffer.alloc(46);
    fields.writeUInt32LE(0x02014b50, 0);
    fields.writeUInt32LE(bytes, 24);
    fields.writeUInt16LE(path.length, 28);
    return Buffer.concat([fields, Buffer.from(path)]);
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  return Buffer.concat([...directory, end]);
}
