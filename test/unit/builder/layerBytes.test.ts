import assert from 'node:assert/strict';
import { layerBytes } from '../../../server/src/builder/layerBytes.ts';
import { planOf } from '../../support/plans.ts';

const text = `FROM a AS one
RUN x
ENV A=1
FROM one
COPY b /b
CMD ["c"]
`;
const base = { createdBy: 'ADD rootfs /', bytes: 1000 };
const own = [
  { createdBy: 'RUN /bin/sh -c x # buildkit', bytes: 7 },
  { createdBy: 'ENV A=1', bytes: 0 },
  { createdBy: 'COPY b /b # buildkit', bytes: 42 },
  { createdBy: 'CMD ["c"]', bytes: 0 },
];
const lines = (rows: Parameters<typeof layerBytes>[1], dockerfile = text) =>
  [...layerBytes(planOf(dockerfile), rows)].map(([{ instruction }, bytes]) => [
    instruction.lines.start,
    bytes,
  ]);

describe('measured bytes of layers', () => {
  it('are those of the history’s last rows, stages below included', () => {
    const expected = [
      [2, 7],
      [5, 42],
    ];
    assert.deepEqual(lines([base, ...own]), expected);
    assert.deepEqual(lines(own), expected);
  });

  it('belong to no line where a row is another one, or is missing', () => {
    assert.deepEqual(lines([base, ...own.slice(0, -1)]), []);
    assert.deepEqual(lines([base, ...own.slice(1), { createdBy: 'CMD ["d"]', bytes: 0 }]), []);
    assert.deepEqual(lines([]), []);
    assert.deepEqual(lines([base], 'FROM a\n'), []);
  });
});
