/** The row of the container's writable layer, with a row for each container that somebody asked for. */

import { type Contents, joined, make, type Row } from './row.ts';
import type { RowOptions } from './rows.ts';

/** On top of the image; what containers wrote stands below it once it is known. */
export function writableRow(parent: Row, { writable }: RowOptions): Row {
  const text = 'What a running container writes; it starts empty and goes with the container.';
  const said = writable?.message ?? '';
  const contents: Contents = {
    kind: 'writable',
    label: 'Writable layer',
    description: !writable
      ? 'of the container'
      : writable.containers.length === 0
        ? 'of no container'
        : `of ${writable.containers.length} container${writable.containers.length === 1 ? '' : 's'}`,
    accessible: `Writable layer of the container. ${text} ${said}`.trim(),
    details: [text, 'It is no part of the image.', said],
    lines: null,
    history: null,
    bytes: null,
  };
  return make(`${parent.id}/writable`, parent, contents, parent.dimmed, (row) =>
    (writable?.containers ?? []).map(({ name, state, writes, size }) => {
      const wrote = size === '' ? 'not told' : size;
      return make(
        `${row.id}/${name}`,
        row,
        {
          kind: 'container',
          label: name,
          description: joined([wrote, state]),
          accessible: `Container ${name}, ${state}, wrote ${wrote}.`,
          details: [`What the container wrote: ${wrote}.`, state === '' ? '' : `It is ${state}.`],
          lines: null,
          history: null,
          bytes: writes,
        },
        false,
      );
    }),
  );
}
