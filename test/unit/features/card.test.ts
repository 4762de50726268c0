import assert from 'node:assert/strict';
import { type AnalysisPorts, analyze } from '../../../server/src/analysis.ts';
import { card } from '../../../server/src/features/card.ts';
import { plainText } from '../../../server/src/features/render.ts';
import { rowsOf } from '../../../server/src/features/rows.ts';
import { sizeCard } from '../../../server/src/features/sizeCard.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { nodeFileSystem } from '../../../server/src/host/nodeFileSystem.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { debian } from '../../support/estimates.ts';
import { smallIndex } from '../../support/packages.ts';
import { linux } from '../../support/plans.ts';

const index = smallIndex({ gcc: { files: 50_000_000, needs: 'cpp' }, cpp: { files: 30_000_000 } });

const unavailable =
  'Nobody has it. The command *Dockerfile Layers: Update Package Data* fetches it.';

async function lastRow(lines: string, hasIndex = true) {
  const ports: AnalysisPorts = {
    files: nodeFileSystem,
    decompressors: nodeDecompressors,
    buildPlatform: linux,
    base: async () => ({ state: 'known', value: debian }),
    packages: async () =>
      hasIndex ? { state: 'known', value: index } : { state: 'unavailable', reason: unavailable },
  };
  const analysis = await analyze(
    {
      key: 'untitled:Dockerfile',
      path: null,
      folder: null,
      within: null,
      text: `FROM debian\n${lines}`,
      version: 1,
      settings: readSettings({}),
    },
    ports,
  );
  const row = rowsOf(analysis.plan).at(-1);
  assert.ok(row);
  return { analysis, row };
}

async function size(lines: string, hasIndex = true): Promise<string> {
  const { analysis, row } = await lastRow(lines, hasIndex);
  return sizeCard(analysis, row) ?? '';
}

async function whole(lines: string, links: boolean, hasIndex = true): Promise<string> {
  const { analysis, row } = await lastRow(lines, hasIndex);
  return card(analysis, row, links ? 'file:///app/Dockerfile' : null);
}

describe('the card of a RUN', () => {
  const install = 'RUN apt-get update && apt-get install -y gcc';

  it('lists the parts as a table, small ones left out, and the largest packages', async () => {
    const [, table, largest, ...more] = (await size(`${install}\n`)).split('\n\n');
    assert.equal(
      table,
      `\
| Part | Size |
| :-- | --: |
| \`2 packages for gcc\` | 80 MB |
| \`package lists\` | 20 MB |
| \`debconf database\` | 755 kB |
| and 3 more | |`,
    );
    assert.equal(largest, 'Largest: `gcc` 50 MB, `cpp` 30 MB.');
    assert.deepEqual(more, []);
  });

  it('names source and date of the figures', async () => {
    const text = await size(`${install}\n`);
    assert.match(text, /Sizes of packages of Debian bookworm of 2026-11-19, .*\(a test\)\./);
  });

  it('says what is removed again', async () => {
    const text = await size(`${install} && rm -rf /var/lib/apt/lists/*\n`);
    assert.match(text, /\n\nRemoved again: package lists 20 MB\.$/);
    assert.doesNotMatch(text, /\| `package lists`/);
  });

  it('shows parts that are not known whatever else there is', async () => {
    const text = await size(`${install} && make && ./configure\n`);
    assert.match(text, /\| `make` \| unknown \|\n\| `configure` \| unknown \|/);
    const many = await size(`${install} && make && ./a && ./b\n`);
    assert.match(many, /\| `\.\/b` \| unknown: What `\.\/b` writes is known only after a build\./);
  });

  it('links to the command that makes it known, where links run commands', async () => {
    const link = '[Update Package Data](command:dockerfileLayers.updatePackageData)';
    assert.ok((await whole(`${install}\n`, true, false)).includes(`\n\n${link}\n\n`));
    assert.ok(!(await whole(`${install}\n`, false, false)).includes('command:'));
    assert.ok(!(await whole(`${install}\n`, true)).includes(link));
    const download = await whole('RUN curl -o /a https://example.com/a\n', true);
    assert.ok(
      download.includes('[Ask for Download Sizes](command:dockerfileLayers.askForDownloadSizes)'),
    );
    assert.doesNotMatch(await size(`${install}\n`, false), /\*Dockerfile Layers/);
  });

  it('lets no text of the file end a cell or become a link', async () => {
    const text = await whole("RUN './a|b' && '[x](command:y)' && make\n", true);
    assert.doesNotMatch(text.split('```')[0] ?? '', /^\|[^`\n]*[^\\]\]\(command/m);
    const [row = ''] = text
      .split('\n')
      .filter((line) => line.includes('a\\|b') && line.startsWith('|'));
    assert.match(row, /^\| \.\/a\\\|b \| unknown/);
  });

  it('says that what an earlier line installed stays', async () => {
    const text = await whole(`${install}\nRUN apt-get purge -y --auto-remove gcc\n`, false);
    assert.match(
      text,
      /\*\*Copy-on-write\*\*: Removing packages frees nothing: the 80 MB of line 2/,
    );
  });

  it('is a list for editors that show text only', async () => {
    const text = plainText(await size(`${install}\n`));
    assert.match(text, /\n\n- 2 packages for gcc 80 MB\n- package lists 20 MB\n/);
    assert.match(text, /\n- and 3 more\n/);
    assert.doesNotMatch(text, /\| Part|:--/);
  });
});
