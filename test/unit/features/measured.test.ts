import assert from 'node:assert/strict';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type Analysis, analyze } from '../../../server/src/analysis.ts';
import { card } from '../../../server/src/features/card.ts';
import { inlayHints } from '../../../server/src/features/inlayHints.ts';
import { historyWords } from '../../../server/src/features/layerWords.ts';
import { plainText } from '../../../server/src/features/render.ts';
import { rowsOf } from '../../../server/src/features/rows.ts';
import { stack } from '../../../server/src/features/stack.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { nodeFileSystem } from '../../../server/src/host/nodeFileSystem.ts';
import type { BaseFacts, ToldImage } from '../../../server/src/images/baseFacts.ts';
import type { Step } from '../../../server/src/model/plan.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { debian } from '../../support/estimates.ts';
import { smallIndex } from '../../support/packages.ts';
import { linux } from '../../support/plans.ts';
import {
  builtAt,
  builtImage,
  dockerEngine,
  found,
  measurement,
  stepOf,
  withEngine,
} from '../../support/readings.ts';

const index = smallIndex({ gcc: { files: 84_000_000 } });
const text =
  'FROM debian\nRUN apt-get update && apt-get install -y gcc\nRUN unknown-thing\nCMD x\n';

async function analysisOf(
  lines = text,
  base: BaseFacts = debian,
  settings: unknown = {},
): Promise<Analysis> {
  return analyze(
    {
      ...{ key: 'untitled:Dockerfile', path: null, folder: null, within: null, version: 1 },
      text: lines,
      settings: readSettings(settings),
    },
    {
      files: nodeFileSystem,
      decompressors: nodeDecompressors,
      buildPlatform: linux,
      base: async () => ({ state: 'known', value: base }),
      packages: async () => ({ state: 'known', value: index }),
    },
  );
}

function documentOf(lines = text) {
  return TextDocument.create('untitled:Dockerfile', 'dockerfile', 1, lines);
}

function hintsOf(analysis: Analysis, lines = text): readonly string[] {
  const all = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  return inlayHints(analysis, documentOf(lines), all, null).map(({ label }) =>
    typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
  );
}

function cardOf(analysis: Analysis, at: number, links = false): string {
  const row = rowsOf(analysis.plan)[at];
  assert.ok(row);
  return card(analysis, row, links ? 'file:///app/Dockerfile' : null);
}

describe('measured figures', () => {
  it('stand plain in hints, also where there was no estimate', async () => {
    const analysis = withEngine(await analysisOf(), {
      'RUN apt-get': measurement(91_234_567),
      'RUN unknown': measurement(0),
    });
    assert.deepEqual(hintsOf(analysis).slice(1, 3), ['layer 1 · 91 MB', 'layer 2 · 0 B']);
  });

  it('say in the card who measured, and what was estimated where that differs', async () => {
    const analysis = withEngine(await analysisOf(), { 'RUN apt-get': measurement(191_234_567) });
    const words = cardOf(analysis, 1);
    assert.match(
      words,
      /\*\*Size\*\*: 191 MB \(191,234,567 bytes\), measured by Docker Engine 28\.5\.2 in app:latest, built 14:02\. Estimated \d+ MB\./,
    );
    assert.match(
      words,
      /\n\nEstimated parts: `1 package for gcc` \d+ MB, `package lists` \d+ MB\.\n/,
    );
    assert.match(plainText(words), /\nEstimated parts: 1 package for gcc \d+ MB,/);
  });

  it('do not name an estimate that was near', async () => {
    const plain = await analysisOf();
    const estimate = plain.sizes.get(stepOf(plain.plan, 'RUN apt-get'))?.bytes ?? 0;
    const near = withEngine(plain, { 'RUN apt-get': measurement(Math.round(estimate * 1.02)) });
    assert.doesNotMatch(cardOf(near, 1), /Estimated \d/);
    assert.equal(report(near).stages[0]?.instructions[1]?.display.estimated, '');
  });

  it('are marked and called probable where the image is only likely, with a way to choose', async () => {
    const figure = measurement(91_234_567, {
      sure: false,
      reason:
        'Measured by Docker Engine 28.5.2 in app:latest. That it was built from this Dockerfile is only likely.',
    });
    const analysis = withEngine(
      await analysisOf(),
      { 'RUN apt-get': figure },
      { recognized: found({ sure: false }) },
    );
    assert.equal(hintsOf(analysis)[1], 'layer 1 · ~91 MB');
    assert.match(
      cardOf(analysis, 1, true),
      /\*\*Size\*\*: probably 91 MB \(91,234,567 bytes\), measured by .* is only likely\..*\[Choose the image\]\(command:dockerfileLayers\.chooseImage\)/,
    );
    assert.doesNotMatch(cardOf(analysis, 1), /command:/);
    const { engine, display } = report(analysis);
    assert.equal(display.image, 'probably app:latest');
    assert.match(engine.imageText, /^Measured figures are probably those of app:latest, built /);
    assert.equal(engine.image?.sure, false);
  });

  it('of another store stand beside files that were counted, and name what they count', async () => {
    const lines = 'FROM scratch\nCOPY <<E /x\nhello\nE\n';
    const analysis = withEngine(await analysisOf(lines), {
      COPY: measurement(12_288, { store: 'containerd' }),
    });
    assert.equal(hintsOf(analysis, lines)[1], 'layer 1 · 6 B');
    assert.match(cardOf(analysis, 1), /The engine counts 12 kB on disk \(containerd store\)\./);
  });

  it('of another store say what they count wherever they are shown', async () => {
    const analysis = withEngine(await analysisOf(), {
      'RUN unknown': measurement(12_288, { store: 'containerd' }),
      'RUN apt-get': measurement(99_000_000, { store: 'podman' }),
    });
    assert.deepEqual(hintsOf(analysis).slice(1, 3), [
      'layer 1 · 99 MB tar',
      'layer 2 · 12 kB disk',
    ]);
    const words = cardOf(analysis, 2);
    assert.doesNotMatch(words, /\| unknown/);
    assert.match(words, /12 kB \(12,288 bytes\) on disk \(containerd store\), measured by/);
    // Bytes of files and of disks are not compared.
    assert.doesNotMatch(cardOf(analysis, 1), /Estimated \d/);
    assert.match(cardOf(analysis, 1), /Its files are estimated at about \d+ MB/);
  });

  it('end the card with the layer: digest, image, time, and where the engine keeps it', async () => {
    const analysis = withEngine(await analysisOf(), { 'RUN apt-get': measurement(5) });
    assert.match(
      cardOf(analysis, 1).split('\n\n').at(-1) ?? '',
      /^Layer: diff ID sha256:abcdef012345, image 1a2b3c4d5e6f, made .+\. Kept in \/var\/lib\/docker\/overlay2\/x\/diff \(overlay2\)\.$/,
    );
    const desktop = {
      ...dockerEngine,
      virtual: true,
      endpoint: 'unix:///u/.docker/desktop/d.sock',
    };
    const inside = withEngine(
      await analysisOf(),
      { 'RUN apt-get': measurement(5) },
      { state: { kind: 'up', info: desktop, reason: '' } },
    );
    assert.match(cardOf(inside, 1), /diff \(overlay2\), inside Docker Desktop's virtual machine\./);
    const far = { ...dockerEngine, endpoint: 'ssh://user@host' };
    const away = withEngine(
      await analysisOf(),
      { 'RUN apt-get': measurement(5) },
      { state: { kind: 'up', info: far, reason: '' } },
    );
    assert.match(cardOf(away, 1), /diff \(overlay2\), on the engine's machine\./);
  });

  it('show names of images as text, whatever they hold', async () => {
    const name = '[app](command:evil)|`x`';
    const image = { ...builtImage, references: [name] };
    const { laid } = found() as Extract<ReturnType<typeof found>, { state: 'found' }>;
    const figure = measurement(5, { reason: `Measured by Docker Engine 28.5.2 in ${name}.` });
    const analysis = withEngine(
      await analysisOf(text, {
        ...measuredBase,
        told: {
          ...told,
          layers: told.layers.map((layer) => ({ ...layer, createdBy: `RUN ${name}` })),
        },
      }),
      { 'RUN apt-get': figure },
      { recognized: found({ laid: { ...laid, image } }) },
    );
    for (const at of [0, 1]) assert.doesNotMatch(cardOf(analysis, at), /[^\\]\]\(command:evil/);
    // What stands in backticks is code, in which nothing is a link either.
    assert.ok(plainText(cardOf(analysis, 1)).includes(`in ${name.replaceAll('`', '')}.`));
  });

  it('have a name for each entry of a history', () => {
    const rows: readonly [string, string][] = [
      ['RUN /bin/sh -c apt-get update # buildkit', 'RUN apt-get update'],
      ['/bin/sh -c apt-get update', 'RUN apt-get update'],
      ['RUN |2 A=1 B=x y /bin/sh -c make  all # buildkit', 'RUN make all'],
      ['|1 V=1 /bin/sh -c make', 'RUN make'],
      ['RUN /bin/bash -o pipefail -c a | b # buildkit', 'RUN a | b'],
      ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
      ['/bin/sh -c #(nop) ADD file:0123456789abcdef0123 in / ', 'ADD file in /'],
      ['COPY a /b # buildkit', 'COPY a /b'],
      ['WORKDIR /app', 'WORKDIR /app'],
      ["# debian.sh --arch 'amd64'", "# debian.sh --arch 'amd64'"],
      ['bazel build ...', 'RUN bazel build ...'],
      ['', ''],
    ];
    for (const [entry, words] of rows) assert.equal(historyWords(entry), words, entry);
    assert.equal(historyWords(`RUN /bin/sh -c ${'x'.repeat(9000)}`).length, 80);
  });
});

function report(analysis: Analysis, lines = text) {
  return stack(analysis, documentOf(lines));
}

describe('the report of an engine', () => {
  it('names the engine, the image and others that could be meant', async () => {
    const other = { ...builtImage, id: 'sha256:22', references: [], createdAt: null };
    const { engine } = report(
      withEngine(await analysisOf(), {}, { recognized: found({ others: [other] }) }),
    );
    assert.equal(engine.state, 'up');
    assert.equal(`${engine.product} ${engine.version}`, 'Docker Engine 28.5.2');
    assert.deepEqual(engine.image, {
      id: builtImage.id,
      references: ['app:latest'],
      createdAt: new Date(builtAt).toISOString(),
      foundBy: 'history',
      sure: true,
      certain: true,
    });
    assert.deepEqual(engine.candidates, [{ id: 'sha256:22', references: [], createdAt: null }]);
  });

  it('says why no image is shown, and never shows figures of one whose lines are not certain', async () => {
    const none = { state: 'none', others: [], reason: 'No image has this history.' } as const;
    const nothing = report(withEngine(await analysisOf(), {}, { recognized: none }));
    assert.equal(nothing.engine.image, null);
    assert.equal(nothing.engine.imageText, 'No image has this history.');
    assert.equal(nothing.display.image, '');
    const { laid } = found() as Extract<ReturnType<typeof found>, { state: 'found' }>;
    const vague = found({ laid: { ...laid, certain: false, reason: 'Two lines are alike.' } });
    const unsure = report(withEngine(await analysisOf(), {}, { recognized: vague }));
    assert.equal(unsure.display.image, '');
    assert.match(
      unsure.engine.imageText,
      /none of its figures is shown\. .* Two lines are alike\.$/,
    );
  });

  it('has the layer of each line, with what it grew by', async () => {
    const analysis = withEngine(await analysisOf(), {
      'RUN apt-get': measurement(91_000_000, { before: 87_000_000 }),
    });
    const [, run, other] = report(analysis).stages[0]?.instructions ?? [];
    assert.equal(run?.built?.grew, 4_000_000);
    assert.equal(run?.built?.before, 87_000_000);
    assert.equal(run?.built?.driver, 'overlay2');
    assert.equal(run?.display.grew, '+4 MB');
    assert.ok(run?.display.built.includes('4 MB more than in the build before (87 MB).'));
    assert.match(cardOf(analysis, 1), /4 MB more than in the build before \(87 MB\)\./);
    assert.equal(other?.built, undefined);
  });

  it('compares with the build before, line by line and in all', async () => {
    const plain = await analysisOf();
    const before = {
      version: 1,
      id: 'sha256:1',
      createdAt: builtAt,
      target: null,
      platform: 'linux/amd64',
      store: 'classic',
      rows: [],
    } as const;
    const step: Step = stepOf(plain.plan, 'RUN apt-get');
    const comparison = {
      before,
      of: () => undefined,
      own: 4_100_000,
      lines: [
        { step, text: 'RUN apt-get', before: 87_000_000, now: 91_600_000 },
        { step: null, text: 'COPY gone /', before: 500_000, now: null },
      ],
    };
    const { compare, display } = report(withEngine(plain, {}, { comparison }));
    assert.equal(compare?.own, 4_100_000);
    assert.equal(compare?.since, new Date(builtAt).toISOString());
    assert.deepEqual(
      compare?.lines.map(({ line }) => line),
      [1, null],
    );
    assert.match(
      compare?.text ?? '',
      /^Own layers take 4\.1 MB more than in the build before \(.+\): line 2 \+4\.6 MB, a line that is gone \(COPY gone \/\) −500 kB\.$/,
    );
    assert.equal(display.grew, '+4.1 MB');
    assert.equal(report(withEngine(plain, {})).compare, null);
  });
});

const told: ToldImage = {
  by: 'engine',
  teller: 'Docker Engine 28.5.2',
  platform: linux,
  layers: [
    {
      ...{ bytes: 74_800_000, compressed: null, diffId: `sha256:${'a'.repeat(64)}` },
      createdBy: '/bin/sh -c #(nop) ADD file:0123456789abcdef in / ',
      ...{ createdAt: builtAt, folder: '/var/lib/docker/overlay2/base/diff' },
    },
    {
      ...{ bytes: 12_000_000, compressed: null, diffId: `sha256:${'b'.repeat(64)}` },
      createdBy: 'RUN |1 V=1 /bin/sh -c apt-get update && true # buildkit',
      ...{ createdAt: null, folder: null },
    },
  ],
  image: { config: {}, history: [], layers: 2 },
  identity: '',
  digests: [`sha256:${'d'.repeat(64)}`],
  id: `sha256:${'e'.repeat(64)}`,
  store: 'classic',
  driver: 'overlay2',
  createdAt: builtAt,
  platforms: ['linux/amd64'],
};

const measuredBase: BaseFacts = {
  ...debian,
  size: { bytes: 86_800_000, low: 86_800_000, high: 86_800_000 },
  basis: 'measured',
  reason: 'Measured by Docker Engine 28.5.2.',
  layers: 2,
  told,
};

describe('the base image as it was told', () => {
  it('opens into its layers, in the words of instructions', async () => {
    const analysis = withEngine(await analysisOf(text, measuredBase), {});
    const base = report(analysis).stages[0]?.base;
    assert.equal(base?.source, 'engine');
    assert.deepEqual(
      base?.layers?.map(({ display, size, diffId }) => [
        display.text,
        display.size,
        size.basis,
        diffId?.slice(0, 9),
      ]),
      [
        ['ADD file in /', '75 MB', 'measured', 'sha256:aa'],
        ['RUN apt-get update && true', '12 MB', 'measured', 'sha256:bb'],
      ],
    );
    assert.equal(base?.digest, `sha256:${'d'.repeat(64)}`);
    const words = cardOf(analysis, 0, true);
    assert.match(
      words,
      /\| `ADD file in \/` \| 75 MB \|\n\| `RUN apt-get update && true` \| 12 MB \|/,
    );
    assert.match(words, /^Image: sha256:dddddddddddd, made /m);
    assert.doesNotMatch(words, /readBaseImages/);
    assert.match(plainText(words), /^- ADD file in \/ 75 MB$/m);
  });

  it('says on FROM that its tag moved since the last build', async () => {
    const sentence = 'The tag debian named another image in the build of 14:02.';
    const analysis = {
      ...withEngine(await analysisOf(text, measuredBase), {}),
      movedBases: new Map([[0, sentence]]),
    };
    assert.equal(report(analysis).stages[0]?.base.moved, sentence);
    assert.ok(plainText(cardOf(analysis, 0)).includes(sentence));
  });

  it('lists eight rows at most, and says how many more there are', async () => {
    const [layer] = told.layers;
    assert.ok(layer);
    const layers = Array.from({ length: 12 }, (_, at) => ({ ...layer, bytes: at * 1000 }));
    const facts = {
      ...measuredBase,
      layers: 12,
      told: { ...told, layers },
    };
    const words = cardOf(withEngine(await analysisOf(text, facts), {}), 0);
    const rows = words.split('\n').filter((line) => line.startsWith('| '));
    assert.equal(rows.length, 2 + 8);
    assert.equal(rows.at(-1), '| and 5 more | |');
    assert.ok(rows.at(-2)?.includes('11 kB'));
  });

  it('by a registry has compressed sizes that are called so', async () => {
    const layers = told.layers.map((layer) => ({ ...layer, bytes: null, compressed: 28_200_000 }));
    const { basis: _, ...facts } = measuredBase;
    const registry: BaseFacts = {
      ...facts,
      told: {
        ...told,
        by: 'registry',
        teller: 'registry.example',
        store: null,
        driver: null,
        layers,
      },
    };
    const { base } = report(withEngine(await analysisOf(text, registry), {})).stages[0] ?? {};
    assert.equal(base?.source, 'registry');
    assert.equal(base?.layers?.[0]?.display.size, '28 MB compressed');
    assert.equal(base?.layers?.[0]?.size.basis, 'unknown');
    assert.equal(base?.layers?.[0]?.compressed, 28_200_000);
  });

  it('can be read from its registry where nobody told, by a link that other editors do not get', async () => {
    const analysis = await analysisOf();
    assert.match(
      cardOf(analysis, 0, true),
      /\[Read its layers from the registry\]\(command:dockerfileLayers\.readBaseImages\)$/,
    );
    assert.doesNotMatch(cardOf(analysis, 0), /readBaseImages/);
    assert.equal(report(analysis).stages[0]?.base.source, 'table');
  });
});
