import assert from 'node:assert/strict';
import type { CodeAction, Diagnostic, TextEdit } from 'vscode-languageserver-types';
import { codeActions } from '../../../server/src/features/codeActions.ts';
import { diagnostics } from '../../../server/src/features/diagnostics.ts';
import { type Analyzed, analyzed } from '../../support/analyses.ts';
import { debian } from '../../support/estimates.ts';
import { apply } from '../../support/marked.ts';
import { smallIndex } from '../../support/packages.ts';

const index = smallIndex({
  curl: { needs: 'libc6', likes: 'ca-certificates' },
  'ca-certificates': { files: 3_000_000 },
  gcc: { files: 50_000_000, needs: 'libc6', likes: 'libc-dev, manual' },
  'libc-dev': { files: 12_000_000 },
  manual: { files: 8_000_000 },
});

const ports = {
  base: async () => ({ state: 'known', value: debian }) as const,
  packages: async () => ({ state: 'known', value: index }) as const,
};

const read = (drawing: string) =>
  analyzed(
    drawing.startsWith('FROM') || drawing.startsWith('#') ? drawing : `FROM debian\n${drawing}`,
    {},
    { ports },
  );

function offered(one: Analyzed, told: readonly Diagnostic[] = []): CodeAction[] {
  const { start, end } = one.selection ?? { start: one.cursor ?? 0, end: one.cursor ?? 0 };
  const range = { start: one.document.positionAt(start), end: one.document.positionAt(end) };
  return codeActions(
    one.analysis,
    one.document,
    range,
    { diagnostics: [...told] },
    { versionedEdits: true },
  ).filter(({ title }) => !title.startsWith('Merge'));
}

const titles = async (drawing: string) => offered(await read(drawing)).map(({ title }) => title);

function after(one: Analyzed, action: CodeAction): string {
  const [change] = action.edit?.documentChanges ?? [];
  const edits = change && 'edits' in change ? (change.edits as TextEdit[]) : [];
  return apply(one.text, edits);
}

/** The Dockerfile, without its first line, after the fix whose title begins so. */
async function fixed(drawing: string, title: string): Promise<string> {
  const one = await read(drawing);
  const actions = offered(one);
  const action = actions.find((each) => each.title.startsWith(title));
  assert.ok(action, `${title}: ${JSON.stringify(actions.map((each) => each.title))}\n${drawing}`);
  return after(one, action).replace(/^FROM debian\r?\n/, '');
}

async function refused(drawing: string, title: string): Promise<void> {
  const found = (await titles(drawing)).filter((one) => one.startsWith(title));
  assert.deepEqual(found, [], drawing);
}

const lists = 'Remove package lists in this RUN';
const clean = 'rm -rf /var/lib/apt/lists/*';

describe('removing package lists in the RUN that fetched them', () => {
  it('says how many bytes it saves', async () => {
    const [first] = await titles('RU<|>N apt-get update && apt-get install -y curl\n');
    assert.equal(first, `${lists} (about −20 MB)`);
  });

  it('is written as the lines of the RUN are', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['RUN<|> apt-get update\n', `RUN apt-get update && ${clean}\n`],
      [
        'RUN<|> apt-get update && apt-get install -y --no-install-recommends curl ca-certificates\n',
        `RUN apt-get update && apt-get install -y --no-install-recommends curl ca-certificates \\\n    && ${clean}\n`,
      ],
      [
        'RUN<|> apt-get update \\\n && apt-get install -y \\\n      curl\n',
        `RUN apt-get update \\\n && apt-get install -y \\\n      curl \\\n && ${clean}\n`,
      ],
      [
        'RUN<|> apt-get update && \\\n  apt-get install -y \\\n    # the client\n    curl\n',
        `RUN apt-get update && \\\n  apt-get install -y \\\n    # the client\n    curl && \\\n  ${clean}\n`,
      ],
      [
        'RUN<|> set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y curl\n',
        `RUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y curl; \\\n\t${clean}\n`,
      ],
      [
        'RUN<|> <<EOF\nset -e\napt-get update\napt-get install -y curl\nEOF\n',
        `RUN <<EOF\nset -e\napt-get update\napt-get install -y curl\n${clean}\nEOF\n`,
      ],
      [
        'RUN<|> <<EOF\napt-get update\napt-get install -y curl\nEOF\n',
        `RUN <<EOF\napt-get update\napt-get install -y curl &&\n${clean}\nEOF\n`,
      ],
      [
        'RUN<|> apt-get update \\\r\n  && apt-get install -y curl\r\nUSER me\r\n',
        `RUN apt-get update \\\r\n  && apt-get install -y curl \\\r\n  && ${clean}\r\nUSER me\r\n`,
      ],
      [
        'RUN<|> apt-get update; apt-get install -y curl\n',
        `RUN apt-get update; apt-get install -y curl && ${clean}\n`,
      ],
      ['RUN<|> apt-get update || true\n', `RUN apt-get update || true && ${clean}\n`],
    ];
    for (const [before, expected] of cases) assert.equal(await fixed(before, lists), expected);
  });

  it('goes on with the escape character of the file', async () => {
    assert.equal(
      await fixed('# escape=`\nFROM debian\nRUN<|> apt-get update `\n && true\n', lists),
      `# escape=\`\nFROM debian\nRUN apt-get update \`\n && true \`\n && ${clean}\n`,
    );
  });

  it('uses sudo where apt was run so', async () => {
    assert.equal(
      await fixed('USER me\nRUN<|> sudo apt-get update\n', lists),
      `USER me\nRUN sudo apt-get update && sudo ${clean}\n`,
    );
  });

  it('leaves nothing to be told of lists', async () => {
    const text = await fixed('RUN<|> apt-get update && apt-get install -y curl\n', lists);
    const { analysis, document } = await read(text);
    const told = diagnostics(analysis, document, { otherDockerfileExtension: false });
    assert.deepEqual(
      told.filter(({ code }) => code === 'lists-left-behind'),
      [],
    );
  });

  it('answers the diagnostic where the editor sends it, and stands alone where not', async () => {
    const one = await read('RU<|>N apt-get update && true\n');
    const told = diagnostics(one.analysis, one.document, { otherDockerfileExtension: false });
    assert.equal(told[0]?.code, 'lists-left-behind');
    assert.deepEqual(offered(one, told)[0]?.diagnostics, told);
    assert.equal(offered(one)[0]?.diagnostics, undefined);
  });

  it('is not offered where a line below installs with the lists', async () => {
    const first = 'RUN<|> apt-get update\n';
    await refused(`${first}RUN apt-get install -y curl\n`, lists);
    await refused(`${first}RUN ./setup.sh\n`, lists);
    await refused(`${first}RUN apt-get install -y curl && apt-get update\n`, lists);
    await refused(`FROM debian AS a\n${first}FROM a\nRUN apt-get install -y curl\n`, lists);
    await fixed(`${first}RUN apt-get update && apt-get install -y curl\n`, lists);
    await fixed(
      `FROM debian AS a\n${first}FROM a\nRUN echo\nFROM debian\nCOPY --from=a /x /x\nRUN apt-get install curl\n`.replace(
        'FROM a\nRUN echo\n',
        '',
      ),
      lists,
    );
  });

  it('is not offered where nobody knows how many bytes they are', async () => {
    const one = await analyzed('FROM debian\nRUN<|> apt-get update\n');
    assert.deepEqual(offered(one), []);
  });

  it('is not offered where the end of the script may not be reached', async () => {
    for (const line of [
      'RUN<|> ["apt-get", "update"]',
      'RUN<|> apt-get update && exit 0',
      'RUN<|> apt-get update &',
      'RUN<|> apt-get update # lists',
      'RUN<|> set -f; apt-get update',
      'RUN<|> apt-get update && PATH=/x && true',
      'RUN<|> rm() { true; }; apt-get update',
      'RUN<|> trap "exit 0" EXIT; apt-get update',
      'RUN<|> apt-get update; for i in 1 2; do echo $i; done',
      'RUN<|> if true; then apt-get update; fi',
      'RUN<|> cat <<EOF > /x && apt-get update\na\nEOF',
      'ONBUILD RUN<|> apt-get update',
      `RUN<|> apt-get update && ${clean}`,
      'RUN<|> --mount=type=cache,target=/var/lib/apt/lists apt-get update',
      'USER me\nRUN<|> apt-get update',
      'SHELL ["pwsh", "-c"]\nRUN<|> apt-get update',
    ]) {
      await refused(`${line}\n`, lists);
    }
  });
});

describe('a cache mount for what stays behind', () => {
  const mount = 'Use a cache mount for ';

  it('keeps package lists out of the layer', async () => {
    assert.equal(
      await fixed('RUN<|> apt-get update \\\n && true\n', mount),
      'RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked apt-get update \\\n && true\n',
    );
    const all = await titles('RUN<|> apt-get update\n');
    assert.equal(
      all.at(-1),
      'Use a cache mount for /var/lib/apt/lists, so that its files stay out of the layer (about −20 MB)',
    );
  });

  it('is made where the user’s home is', async () => {
    assert.equal(
      await fixed('RUN<|> npm install -g x\n', mount),
      'RUN --mount=type=cache,target=/root/.npm npm install -g x\n',
    );
    assert.equal(
      await fixed('ENV HOME=/srv/app\nUSER 1000:1000\nRUN<|> pip install x\n', mount),
      'ENV HOME=/srv/app\nUSER 1000:1000\nRUN --mount=type=cache,target=/srv/app/.cache/pip,uid=1000,gid=1000 pip install x\n',
    );
    await refused('USER me\nRUN<|> pip install x\n', mount);
  });

  it('is not offered to a frontend that has no mounts', async () => {
    await refused('# syntax=docker/dockerfile:1.0\nFROM debian\nRUN<|> apt-get update\n', mount);
  });
});

describe('keeping caches of installers out of a RUN', () => {
  it('cleans the caches of npm and Yarn', async () => {
    assert.equal(
      await fixed('RUN<|> npm install -g x\n', 'Clean npm'),
      'RUN npm install -g x && npm cache clean --force\n',
    );
    assert.equal(
      await fixed('RUN<|> yarn add x\n', 'Clean Yarn'),
      'RUN yarn add x && yarn cache clean\n',
    );
  });

  it('does not clean with a program that the RUN removes', async () => {
    await refused('RUN<|> npm install -g x && apt-get purge -y npm\n', 'Clean npm');
  });

  it('says that bytes are not known', async () => {
    const [title] = await titles('RUN<|> npm install -g x\n');
    assert.match(title ?? '', /known only after a build/);
  });

  it('tells pip to keep none', async () => {
    const option = 'Add --no-cache-dir';
    assert.equal(
      await fixed('RUN<|> pip install -r a.txt \\\n && python3 -m pip install b\n', option),
      'RUN pip install --no-cache-dir -r a.txt \\\n && python3 -m pip install --no-cache-dir b\n',
    );
    assert.equal(
      await fixed('RUN<|> <<EOF\npip install a\nEOF\n', option),
      'RUN <<EOF\npip install --no-cache-dir a\nEOF\n',
    );
    await refused('RUN<|> pip install --no-cache-dir a\n', option);
    await refused('ENV PIP_NO_CACHE_DIR=1\nRUN<|> pip install a\n', option);
    await refused('RUN<|> sh -c "pip install a"\n', option);
  });
});

describe('installing without recommended packages', () => {
  const option = 'Install without recommended packages';

  it('names how many packages go, and their bytes', async () => {
    const all = await titles('RUN<|> apt-get install -y gcc\n');
    assert.deepEqual(all, [`${option} (about −20 MB): 2 packages fewer: libc-dev, manual`]);
  });

  it('adds the option to every install of the RUN', async () => {
    assert.equal(
      await fixed(
        'RUN<|> apt-get -qq install \\\n  -y gcc && apt install curl && apt-get install --no-install-recommends manual\n',
        option,
      ),
      'RUN apt-get -qq install --no-install-recommends \\\n  -y gcc && apt install --no-install-recommends curl && apt-get install --no-install-recommends manual\n',
    );
  });

  it('is not offered where none are installed, or where a part of the RUN is not read', async () => {
    await refused('RUN<|> apt-get install -y --no-install-recommends gcc\n', option);
    await refused('RUN<|> apt-get install -o APT::Install-Recommends=0 -y gcc\n', option);
    await refused('RUN<|> apt-get install -y gcc libc-dev manual\n', option);
    await refused('RUN<|> sh -c "apt-get install -y gcc"\n', option);
  });
});

describe('moving a cleanup to the line that made the mess', () => {
  const move = 'Move this cleanup to line ';

  it('deletes its line and ends the other one with it', async () => {
    const drawing = `RUN apt-get update && true\nENV A=b\n\n# why\nRU<|>N ${clean}\nCMD x\n`;
    assert.equal(
      await fixed(drawing, move),
      `RUN apt-get update && true && ${clean}\nENV A=b\n\n# why\nCMD x\n`,
    );
    assert.equal((await titles(drawing))[0], `${move}2 (about −20 MB)`);
  });

  it('takes all commands of the cleanup, the last line too', async () => {
    assert.equal(
      await fixed(
        `RUN apt-get update \\\n && apt-get install -y curl\nCOPY a /app/\nRUN<|> apt-get clean \\\n && ${clean}`,
        move,
      ),
      `RUN apt-get update \\\n && apt-get install -y curl \\\n && apt-get clean && ${clean}\nCOPY a /app/`,
    );
  });

  it('moves what removes a file that was made by the line above', async () => {
    assert.equal(
      await fixed('RUN dd if=/dev/zero of=/big bs=1M count=20\nRUN<|> rm /big\n', move),
      'RUN dd if=/dev/zero of=/big bs=1M count=20 && rm /big\n',
    );
  });

  it('answers the diagnostic of its line', async () => {
    const one = await read(`RUN apt-get update && true\nRU<|>N ${clean}\n`);
    const told = diagnostics(one.analysis, one.document, { otherDockerfileExtension: false });
    const own = told.filter(({ code }) => code === 'frees-nothing');
    assert.equal(own.length, 1);
    assert.deepEqual(offered(one, told)[0]?.diagnostics, own);
  });

  it('is not offered where something between may need what goes', async () => {
    const first = 'RUN apt-get update\n';
    const last = `RUN<|> ${clean}\n`;
    for (const between of [
      'RUN apt-get install -y curl',
      'RUN make',
      'RUN ./setup.sh',
      'COPY lists /var/lib/apt/lists/',
      'COPY --from=x / /',
      'WORKDIR /var/lib/apt/lists/partial',
      'RUN ls /var/lib/apt',
      'RUN cp -r /var /copy',
      'USER me',
      'SHELL ["/bin/bash", "-c"]',
    ]) {
      await refused(`${first}${between}\n${last}`, move);
    }
    await fixed(`${first}RUN mkdir /app\nWORKDIR /app\nENV A=b\n${last}`, move);
  });

  it('is not offered for a line that does more, or that would lose a comment', async () => {
    const first = 'RUN apt-get update\n';
    for (const last of [
      `RUN<|> ${clean} && echo done`,
      `RUN<|> ${clean} || true`,
      `RUN<|> ${clean} \\\n # all\n && apt-get clean`,
      `# hadolint ignore=DL3009\nRUN<|> ${clean}`,
      `RUN<|> ["rm", "-rf", "/var/lib/apt/lists"]`,
      `RUN<|> rm -rf /var/lib/apt/lists/$A`,
      `RUN<|> cd /var/lib/apt/lists && rm -rf *`,
      `RUN<|> <<EOF\n${clean}\nEOF`,
    ]) {
      await refused(`${first}${last}\n`, move);
    }
  });

  it('is not offered across stages', async () => {
    await refused(`FROM debian AS a\nRUN apt-get update\nFROM a\nRUN<|> ${clean}\n`, move);
  });
});

describe('what makes layers smaller', () => {
  it('is a quick fix of the lines that are built', async () => {
    const one = await read('RU<|>N apt-get update\n');
    assert.deepEqual([...new Set(offered(one).map(({ kind }) => kind))], ['quickfix']);
    assert.deepEqual(await titles('FROM debian AS x\nRU<|>N apt-get update\nFROM debian\n'), []);
  });
});
