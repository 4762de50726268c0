/** The rows of a base image's own layers. */

import type { StageReport } from '../../server/src/protocol.ts';
import { type Contents, make, type Row, reasonOf } from './row.ts';

/** The newest on top; none where they are not known. */
export function baseLayers(stage: StageReport, parent: Row): readonly Row[] {
  return (stage.base.layers ?? [])
    .map(({ size, createdBy, diffId, folder, display }, index) => {
      const number = `Layer ${index + 1}`;
      const text = display.text || number;
      const contents: Contents = {
        kind: 'layer',
        label: text,
        description: display.size || 'of the base image',
        accessible: `${[`${number} of the base image`, text === number ? '' : text, display.size].filter(Boolean).join(', ')}.`,
        details: [`${number} of the base image.`, reasonOf(size), ...display.built],
        lines: null,
        history: createdBy,
        bytes: size.bytes,
        diffId,
        folder,
      };
      return make(`${parent.id}/${index}`, parent, contents, !stage.needed);
    })
    .reverse();
}
