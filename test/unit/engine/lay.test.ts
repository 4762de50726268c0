/** An image's history on the lines of a Dockerfile, in cases where that is not plain. */

import assert from 'node:assert/strict';
import type { EngineImage, HistoryRow } from '../../../server/src/engine/engine.ts';
import type { Laid } from '../../../server/src/engine/laid.ts';
import { lay } from '../../../server/src/engine/lay.ts';
import { linux, planOf } from '../../support/plans.ts';

const buildkit = 'buildkit.dockerfile.v0';

type Row = readonly [text: string, bytes: number, comment?: string];

function imageOf(rows: readonly Row[], changes: Partial<EngineImage> = {}): EngineImage {
  const history = rows.map(
    ([createdBy, bytes, comment = buildkit]): HistoryRow => ({
      createdBy,
      comment,
      createdAt: 0,
      bytes,
      emptyLayer: null,
    }),
  );
  const layers = history.filter(
    ({ createdBy, bytes }) => bytes || /^(RUN|COPY|ADD|WORKDIR) /.test(createdBy),
  );
  return {
    id: 'sha256:1',
    references: ['app:1'],
    digests: [],
    createdAt: 1,
    labels: {},
    platform: linux,
    diffIds: layers.map((_, at) => `sha256:layer${at}`),
    history,
    config: {},
    store: 'classic',
    driver: 'overlay2',
    folders: null,
    ...changes,
  };
}

const base: Row = ['', 5000, 'Imported from -'];
const below = { diffIds: ['sha256:layer0'], rows: 1 };

/** Bytes by line: a number, `new`, `changed` or `unsure`. */
function linesOf(laid: Laid, text: string): readonly string[] {
  const plan = plans.get(text);
  return (plan?.stages ?? []).flatMap(({ steps }) =>
    steps.map((step) => {
      const row = laid.rows.get(step);
      if (row) return `${row.row.bytes}${row.match === 'values' ? ' of other values' : ''}`;
      if (laid.unsure?.has(step)) return 'unsure';
      return laid.changed.has(step) ? 'changed' : 'new';
    }),
  );
}

const plans = new Map<string, ReturnType<typeof planOf>>();

function laidOn(lines: readonly string[], image: EngineImage, known: typeof below | null = below) {
  const text = `FROM base\n${lines.join('\n')}\n`;
  const plan = planOf(text);
  plans.set(text, plan);
  const laid = lay(plan, image, known);
  return { laid, lines: linesOf(laid, text) };
}

describe('an image on the lines of its Dockerfile', () => {
  it('shows layers with their digests', () => {
    const image = imageOf([
      base,
      ['ENV A=1', 0],
      ['RUN /bin/sh -c one # buildkit', 10],
      ['COPY a /a # buildkit', 20],
    ]);
    const { laid, lines } = laidOn(['ENV A=1', 'RUN one', 'COPY a /a'], image);
    assert.deepEqual(lines, ['0', '10', '20']);
    assert.deepEqual(
      [...laid.rows.values()].map(({ diffId }) => diffId),
      [null, 'sha256:layer1', 'sha256:layer2'],
    );
    assert.deepEqual(laid.base, { rows: 1, layers: 1 });
    assert.ok(laid.certain);
  });

  it('tells new, changed and gone lines apart', () => {
    const image = imageOf([
      base,
      ['RUN /bin/sh -c one # buildkit', 10],
      ['RUN /bin/sh -c two # buildkit', 20],
      ['COPY a /a # buildkit', 30],
    ]);
    const { laid, lines } = laidOn(['RUN one', 'RUN two && more', 'LABEL a=b'], image);
    assert.deepEqual(lines, ['10', 'changed', 'new']);
    assert.deepEqual(
      laid.gone.map(({ createdBy }) => createdBy),
      ['COPY a /a # buildkit'],
    );
  });

  it('says of values of ARG that were others', () => {
    const image = imageOf([
      base,
      ['ARG V=2', 0],
      ['RUN |1 V=2 /bin/sh -c one # buildkit', 10],
      ['COPY a-2 /a # buildkit', 20],
    ]);
    const { lines } = laidOn(['ARG V=1', 'RUN one', 'COPY a-$V /a'], image);
    assert.deepEqual(lines, ['0 of other values', '10 of other values', '20 of other values']);
  });

  it('takes a changed ENV for another build of the RUN lines below, not above', () => {
    const image = imageOf([
      base,
      ['RUN /bin/sh -c one # buildkit', 10],
      ['ENV A=1', 0],
      ['RUN /bin/sh -c two # buildkit', 20],
      ['COPY a /a # buildkit', 30],
    ]);
    const { lines } = laidOn(['RUN one', 'ENV A=2', 'RUN two', 'COPY a /a'], image);
    assert.deepEqual(lines, ['10', 'changed', '20 of other values', '30']);
  });

  it('does not guess which of two equal lines is left', () => {
    const image = imageOf([
      base,
      ['RUN /bin/sh -c one # buildkit', 10],
      ['RUN /bin/sh -c one # buildkit', 20],
    ]);
    assert.deepEqual(laidOn(['RUN one'], image).lines, ['unsure']);
    assert.deepEqual(laidOn(['RUN one', 'RUN one'], image).lines, ['10', '20']);
    assert.deepEqual(laidOn(['RUN one', 'RUN one', 'RUN one'], image).lines, [
      'unsure',
      'unsure',
      'unsure',
    ]);
  });

  it('knows an equal line by what stands around it', () => {
    const image = imageOf([
      base,
      ['RUN /bin/sh -c one # buildkit', 10],
      ['COPY a /a # buildkit', 1],
      ['RUN /bin/sh -c one # buildkit', 20],
      ['COPY b /b # buildkit', 2],
    ]);
    const { lines } = laidOn(['COPY a /a', 'RUN one', 'COPY b /b'], image);
    assert.deepEqual(lines, ['1', '20', '2']);
  });

  it('does not guess between lines that differ only in what the history leaves out', () => {
    const image = imageOf([
      base,
      ['COPY /out /out # buildkit', 10],
      ['COPY /out /out # buildkit', 20],
    ]);
    const copies = ['COPY --from=a /out /out', 'COPY --from=b /out /out'];
    assert.deepEqual(laidOn(copies, image).lines, ['unsure', 'unsure']);
    const equal = imageOf([
      base,
      ['COPY /out /out # buildkit', 10],
      ['COPY /out /out # buildkit', 10],
    ]);
    assert.deepEqual(laidOn(copies, equal).lines, ['10', '10']);
  });

  it('does not guess between two programs in heredocs of one name', () => {
    const image = imageOf([
      base,
      ['RUN /bin/sh -c /dev/pipes/EOF # buildkit', 10],
      ['RUN /bin/sh -c /dev/pipes/EOF # buildkit', 20],
    ]);
    const run = (body: string) => `RUN <<EOF\n#!/bin/sh\n${body}\nEOF`;
    assert.deepEqual(laidOn([run('b'), run('a')], image).lines, ['unsure', 'unsure']);
  });

  it('sees that the text of a copied heredoc is another one', () => {
    const image = imageOf([base, ['COPY <<EOF /etc/conf # buildkit', 6]]);
    assert.deepEqual(laidOn(['COPY <<EOF /etc/conf\nhello\nEOF'], image).lines, ['6']);
    assert.deepEqual(laidOn(['COPY <<EOF /etc/conf\nhello, you\nEOF'], image).lines, ['changed']);
  });

  it('finds a line that was moved, and says that it was', () => {
    const image = imageOf([
      base,
      ['RUN /bin/sh -c one # buildkit', 10],
      ['RUN /bin/sh -c two # buildkit', 20],
      ['RUN /bin/sh -c three # buildkit', 30],
    ]);
    const { lines } = laidOn(['RUN three', 'RUN one', 'RUN two'], image);
    assert.deepEqual(lines, ['30 of other values', '10', '20']);
  });

  it('does not take entries of the base image for own lines', () => {
    const rows: readonly Row[] = [
      base,
      ['WORKDIR /app', 0],
      ['COPY . . # buildkit', 10],
      ['RUN /bin/sh -c make # buildkit', 20],
      ['CMD ["sh"]', 0],
      ['RUN /bin/sh -c own # buildkit', 30],
    ];
    const known = { diffIds: [0, 1, 2, 3].map((at) => `sha256:layer${at}`), rows: 5 };
    const { laid, lines } = laidOn(['COPY . .', 'RUN make', 'RUN own'], imageOf(rows), known);
    assert.deepEqual(lines, ['new', 'new', '30']);
    assert.deepEqual(laid.base, { rows: 5, layers: 4 });
  });

  it('says so when the base image is not the one that FROM names now', () => {
    const image = imageOf([base, ['RUN /bin/sh -c one # buildkit', 10]]);
    const { laid, lines } = laidOn(['RUN one'], image, { diffIds: ['sha256:other'], rows: 3 });
    assert.deepEqual(lines, ['10']);
    assert.match(laid.reason, /another base image/);
  });

  it('says that it cannot tell where all layers were put into one', () => {
    const image = imageOf(
      [base, ['RUN /bin/sh -c one # buildkit', 0], ['RUN /bin/sh -c two # buildkit', 30]],
      { diffIds: ['sha256:layer0', 'sha256:layer1'] },
    );
    const { laid, lines } = laidOn(['RUN one', 'RUN two'], image);
    assert.equal(laid.certain, false);
    assert.deepEqual(lines, ['new', 'new']);
    assert.match(laid.reason, /2 layers/);
  });

  it('says that it cannot tell where an image of another file is laid over this one', () => {
    const image = imageOf([base, ['RUN /bin/sh -c other # buildkit', 10]]);
    const { laid } = laidOn(['RUN one', 'COPY a /a'], image);
    assert.equal(laid.certain, false);
    assert.match(laid.reason, /No entry of the image/);
  });

  it('says that an image has nothing above its base image', () => {
    const { laid, lines } = laidOn(['RUN one'], imageOf([base]));
    assert.deepEqual(lines, ['new']);
    assert.match(laid.reason, /no entry of its own/);
  });

  it('matches lines that hang on what an unknown base image sets', () => {
    const image = imageOf([
      base,
      ['ENV PATH=/opt/bin:/somewhere:/bin', 0],
      ['WORKDIR /srv/app', 0],
      ['COPY conf /usr/catalina/conf # buildkit', 10],
      ['RUN /bin/bash -eo pipefail -c one # buildkit', 20],
    ]);
    const { lines } = laidOn(
      ['ENV PATH=/opt/bin:$PATH', 'WORKDIR app', 'COPY conf $CATALINA_HOME/conf', 'RUN one'],
      image,
      null,
    );
    assert.deepEqual(lines, ['0', '0', '10', '20']);
  });

  it('reads what the classic builder wrote', () => {
    const old = '';
    const image = imageOf([
      base,
      ['/bin/sh -c #(nop)  ARG V=1', 0, old],
      ['|1 V=1 /bin/sh -c one', 10, old],
      ['/bin/sh -c #(nop) COPY file:0a in /x/ ', 20, old],
      ['/bin/sh -c #(nop) COPY dir:0b in /x/ ', 30, old],
      ['/bin/sh -c #(nop)  ONBUILD RUN two', 0, old],
      ['/bin/sh -c #(nop)  EXPOSE 80', 0, old],
      ['/bin/sh -c #(nop)  LABEL by=flag', 0, old],
    ]);
    const { laid, lines } = laidOn(
      ['ARG V=1', 'RUN one', 'COPY a.txt /x/', 'COPY . /x/', 'ONBUILD RUN two', 'EXPOSE 80'],
      image,
    );
    assert.deepEqual(lines, ['0', '10', '20', '30', '0', '0']);
    assert.deepEqual(laid.gone, []);
  });

  it('reads what Podman wrote', () => {
    const from = 'FROM 0a1b2c';
    const image = imageOf([
      base,
      ['/bin/sh -c #(nop) ENV HOME_OF=/app', 0, from],
      ['/bin/sh -c #(nop) WORKDIR ${HOME_OF}', 0, from],
      ['/bin/sh -c #(nop) LABEL title="demo"', 0, from],
      ['/bin/sh -c #(nop) COPY file:0a in ./bin/ ', 1536, from],
      ['/bin/sh -c #(nop) ARG MODE V', 0, from],
      [`|2 MODE=a V=1 /bin/sh -c --mount=type=cache,target=/c one:${'0'.repeat(64)}`, 2048, from],
      ['/bin/sh -c #(nop) HEALTHCHECK --interval=30s CMD true', 0, from],
    ]);
    const { lines } = laidOn(
      [
        'ENV HOME_OF=/app',
        'WORKDIR ${HOME_OF}',
        'LABEL title="demo"',
        'COPY a ./bin/',
        'ARG V=1',
        'RUN --mount=type=cache,target=/c   one',
        'HEALTHCHECK --interval=30s CMD true',
      ],
      image,
    );
    assert.deepEqual(lines, ['0', '0', '0', '1536', '0', '2048', '0']);
  });

  it('takes no longer for files of thousands of lines', () => {
    const lines = Array.from({ length: 5000 }, (_, at) =>
      at % 2 === 0 ? `ARG A${at}=1` : `RUN echo ${at}`,
    );
    const rows: Row[] = [base];
    for (let at = 1; at < 250; at += 2) rows.push([`RUN /bin/sh -c echo ${at} # buildkit`, at]);
    const start = performance.now();
    const { laid } = laidOn(lines, imageOf(rows));
    const took = performance.now() - start;
    assert.equal(laid.rows.size, 125);
    assert.ok(took < 3000, `${took} ms`);
  });
});
