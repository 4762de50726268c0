import assert from 'node:assert/strict';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { TextEdit } from 'vscode-languageserver-types';
import type { Subject } from '../../../server/src/analysis/subject.ts';
import { type Analysis, createAnalyzer } from '../../../server/src/analysis.ts';
import type { Prediction } from '../../../server/src/cache/prediction.ts';
import type { GitHistory } from '../../../server/src/churn/churn.ts';

import { churnSentence } from '../../../server/src/features/churn.ts';
import { codeActions } from '../../../server/src/features/codeActions.ts';
import { diagnostics } from '../../../server/src/features/diagnostics.ts';
import { hover } from '../../../server/src/features/hover.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { apply } from '../../support/marked.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { linux } from '../../support/plans.ts';

interface Given {
  readonly history?: GitHistory;
  readonly settings?: unknown;
  readonly within?: readonly string[];
}

interface Seen {
  readonly analysis: Analysis;
  readonly document: TextDocument;
}

/** A drawing with its files, with all known that its features ask for. */
async function seen(
  drawing: string,
  { history, settings = {}, within }: Given = {},
): Promise<Seen> {
  const files = memoryFileSystem(drawing);
  const text = new TextDecoder().decode(await files.read('/context/Dockerfile', 1e6));
  const document = TextDocument.create('file:///context/Dockerfile', 'dockerfile', 1, text);
  const subject: Subject = {
    key: document.uri,
    path: '/context/Dockerfile',
    folder: '/context',
    within: within ?? null,
    text,
    version: 1,
    settings: readSettings(settings),
  };
  const git = history && { history: async () => ({ state: 'known', value: history }) as const };
  const analyzer = createAnalyzer(
    { files, decompressors: nodeDecompressors, buildPlatform: linux, ...(git && { git }) },
    () => {},
  );
  for (;;) {
    const analysis = analyzer.analysis(subject);
    offers({ analysis, document });
    if (!analysis.pending) return { analysis, document };
    await analyzer.settled(subject.key);
  }
}

/** The text after each fix that copies manifests first, by its title. */
function offers({ analysis, document }: Seen): Readonly<Record<string, string>> {
  const range = {
    start: { line: 0, character: 0 },
    end: { line: document.lineCount, character: 0 },
  };
  const actions = codeActions(
    analysis,
    document,
    range,
    { diagnostics: [], only: ['quickfix'] },
    { versionedEdits: false },
  );
  return Object.fromEntries(
    actions
      .filter(({ title }) => title.startsWith('Copy '))
      .map(({ title, edit }) => [
        title,
        apply(document.getText(), (edit?.changes?.[document.uri] ?? []) as TextEdit[]),
      ]),
  );
}

async function fixed(drawing: string): Promise<string> {
  const found = Object.values(offers(await seen(drawing)));
  assert.equal(found.length, 1, 'one fix');
  return found[0] ?? '';
}

async function notOffered(drawing: string): Promise<void> {
  assert.deepEqual(offers(await seen(drawing)), {});
}

const lock = '-- package-lock.json --\n{"lockfileVersion": 3}\n-- src/app.js --\n1\n';
const manifest = (more = '') => `-- package.json --\n{"name": "a"${more}}\n${lock}`;
const crate = `-- Cargo.toml --
[package]
name = "a"
[dependencies]
itoa = "1"
-- Cargo.lock --
source = "registry"
-- src/main.rs --
`;
const goModule = `-- go.mod --
module a
require b.example/c v1.0.0
-- go.sum --

`;
const start = 'FROM node:22\nWORKDIR /app\n';

describe('copying manifests first', () => {
  const shapes: Readonly<Record<string, readonly [lines: string, files: string, result: string]>> =
    {
      'npm ci': [
        'COPY . .\nRUN npm ci\nCMD ["node", "src/app.js"]\n',
        manifest(),
        'COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nCMD ["node", "src/app.js"]\n',
      ],
      'npm with its settings, an absolute folder and an owner': [
        'COPY --chown=node:node --link . /app\nENV A=b\nRUN npm ci --omit=dev && npm cache clean --force\nRUN npm run build\n',
        `${manifest()}-- .npmrc --\nfund=false\n`,
        'COPY --chown=node:node --link package.json package-lock.json .npmrc /app/\nENV A=b\nRUN npm ci --omit=dev && npm cache clean --force\nCOPY --chown=node:node --link . /app\nRUN npm run build\n',
      ],
      'a RUN that goes on': [
        'COPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci --no-audit && \\\n    npm run build && \\\n    npm test | tee log\n',
        manifest(),
        'COPY package.json package-lock.json ./\nRUN --mount=type=cache,target=/root/.npm npm ci --no-audit\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm run build && \\\n    npm test | tee log\n',
      ],
      'a RUN that goes on behind a second installation': [
        'COPY . .\nRUN npm ci && cd /app && npm ci && npm run build\n',
        manifest(),
        'COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN cd /app && npm ci && npm run build\n',
      ],
      'the folder of the images of Node': [
        'WORKDIR /usr/src/app\nCOPY . .\nRUN npm ci\n',
        manifest(),
        'WORKDIR /usr/src/app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n',
      ],
      'a folder of the context': [
        'COPY ./web/ ./\nRUN ["npm", "ci"]\n',
        '-- web/package.json --\n{}\n-- web/package-lock.json --\n{}\n',
        'COPY web/package.json web/package-lock.json ./\nRUN ["npm", "ci"]\nCOPY ./web/ ./\n',
      ],
      'a project below what is copied': [
        'COPY . .\nRUN cd web && npm ci\n',
        '-- web/package.json --\n{}\n-- web/package-lock.json --\n{}\n',
        'COPY web/package.json web/package-lock.json ./web/\nRUN cd web && npm ci\nCOPY . .\n',
      ],
      'workspaces of npm': [
        'COPY . .\nRUN npm ci\n',
        `${manifest(', "workspaces": ["packages/*"]')}-- packages/a/package.json --\n{}\n-- packages/b/package.json --\n{"dependencies": {"a": "1"}}\n`,
        'COPY package.json package-lock.json ./\nCOPY packages/a/package.json ./packages/a/\nCOPY packages/b/package.json ./packages/b/\nRUN npm ci\nCOPY . .\n',
      ],
      'Yarn 1': [
        'COPY . ./\nRUN yarn install --frozen-lockfile\n',
        '-- package.json --\n{}\n-- yarn.lock --\n\n',
        'COPY package.json yarn.lock ./\nRUN yarn install --frozen-lockfile\nCOPY . ./\n',
      ],
      'Yarn 4 with its release': [
        'COPY . .\nRUN yarn --immutable\n',
        '-- package.json --\n{}\n-- yarn.lock --\n\n-- .yarnrc.yml --\nyarnPath: .yarn/releases/yarn-4.cjs\n-- .yarn/releases/yarn-4.cjs --\n1\n',
        'COPY package.json yarn.lock .yarnrc.yml ./\nCOPY .yarn/ ./.yarn/\nRUN yarn --immutable\nCOPY . .\n',
      ],
      'pnpm with workspaces': [
        'COPY . .\nRUN corepack enable && pnpm install --frozen-lockfile\n',
        '-- package.json --\n{}\n-- pnpm-lock.yaml --\n{}\n-- pnpm-workspace.yaml --\npackages:\n  - apps/*\n-- apps/x/package.json --\n{"dependencies": {"y": "workspace:*"}}\n',
        'COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./\nCOPY apps/x/package.json ./apps/x/\nRUN corepack enable && pnpm install --frozen-lockfile\nCOPY . .\n',
      ],
      'pnpm with patches': [
        'COPY . .\nRUN pnpm install --frozen-lockfile\n',
        '-- package.json --\n{"pnpm": {"patchedDependencies": {"a": "patches/a.patch"}}}\n-- pnpm-lock.yaml --\n{}\n-- patches/a.patch --\n1\n',
        'COPY package.json pnpm-lock.yaml ./\nCOPY patches/a.patch ./patches/\nRUN pnpm install --frozen-lockfile\nCOPY . .\n',
      ],
      'pip with files that include others': [
        'COPY . .\nRUN pip install --upgrade pip\nRUN python -m pip install --no-cache-dir -r requirements/prod.txt -c constraints.txt\n',
        '-- requirements/prod.txt --\n-r base.txt\nflask==3.0 # web\ngunicorn[x]>=20; python_version > "3"\n-- requirements/base.txt --\n--index-url https://pypi.example/simple\nfoo @ https://example.org/foo.whl\n-- constraints.txt --\nflask<4\n',
        'COPY requirements/prod.txt requirements/base.txt ./requirements/\nCOPY constraints.txt ./\nRUN pip install --upgrade pip\nRUN python -m pip install --no-cache-dir -r requirements/prod.txt -c constraints.txt\nCOPY . .\n',
      ],
      'pip with a file by its absolute path, in another folder': [
        'WORKDIR /\nCOPY . /app\nRUN pip install -r /app/requirements.txt -c app/constraints.txt\n',
        '-- requirements.txt --\nflask\n-- constraints.txt --\nflask<4\n',
        'WORKDIR /\nCOPY requirements.txt constraints.txt /app/\nRUN pip install -r /app/requirements.txt -c app/constraints.txt\nCOPY . /app\n',
      ],
      Poetry: [
        'COPY . .\nRUN poetry config virtualenvs.create false && poetry install --no-root --only main\n',
        '-- pyproject.toml --\n[tool.poetry]\n-- poetry.lock --\n\n',
        'COPY pyproject.toml poetry.lock ./\nRUN poetry config virtualenvs.create false && poetry install --no-root --only main\nCOPY . .\n',
      ],
      uv: [
        'COPY . .\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-install-project\n',
        '-- pyproject.toml --\n[project]\n[build-system]\n-- uv.lock --\n\n-- .python-version --\n3.12\n',
        'COPY pyproject.toml uv.lock .python-version ./\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-install-project\nCOPY . .\n',
      ],
      Go: [
        'COPY . .\nRUN go mod download\nRUN go build ./...\n',
        '-- go.mod --\nmodule a\nreplace b => example.org/c v1.0.0\n-- go.sum --\n\n',
        'COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build ./...\n',
      ],
      'Go that only builds': [
        'COPY . .\nRUN --mount=type=ssh CGO_ENABLED=0 go build -ldflags "-X a=$(date)" ./... && ls\n',
        goModule,
        'COPY go.mod go.sum ./\nRUN --mount=type=ssh go mod download\nCOPY . .\nRUN --mount=type=ssh CGO_ENABLED=0 go build -ldflags "-X a=$(date)" ./... && ls\n',
      ],
      'sources above the manifests, with their comment': [
        '# The code.\nCOPY src ./src\nCOPY package*.json ./\nRUN npm ci\nRUN npm run build\n',
        manifest(),
        'COPY package*.json ./\nRUN npm ci\n# The code.\nCOPY src ./src\nRUN npm run build\n',
      ],
      'sources above a RUN with a heredoc': [
        'COPY src ./src\nCOPY package*.json ./\nRUN <<E\nnpm ci\nE\nCMD ["x"]\n',
        manifest(),
        'COPY package*.json ./\nRUN <<E\nnpm ci\nE\nCOPY src ./src\nCMD ["x"]\n',
      ],
      'packages of the distribution': [
        'COPY . .\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\nRUN make\n',
        manifest(),
        'RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\nCOPY . .\nRUN make\n',
      ],
      'packages of Python by their names': [
        'COPY . .\nRUN pip install --no-cache-dir flask "gunicorn[x]>=20"\n',
        '-- app.py --\n1\n',
        'RUN pip install --no-cache-dir flask "gunicorn[x]>=20"\nCOPY . .\n',
      ],
      Cargo: [
        'COPY . .\nENV A=b\nRUN cargo +stable build --release --locked --bin a\n',
        crate,
        'COPY Cargo.toml Cargo.lock ./\nENV A=b\nRUN mkdir -p src && touch src/main.rs && cargo +stable fetch --locked && rm src/main.rs\nCOPY . .\nRUN cargo +stable build --release --locked --bin a\n',
      ],
      'Cargo that fetches': [
        'COPY . .\nRUN cargo fetch --locked\nRUN cargo build\n',
        crate,
        'COPY Cargo.toml Cargo.lock ./\nRUN mkdir -p src && touch src/main.rs\nRUN cargo fetch --locked\nCOPY . .\nRUN cargo build\n',
      ],
      'a workspace of Cargo, with its settings': [
        'COPY . .\nRUN cd api && cargo build\n',
        `-- api/Cargo.toml --
[workspace]
members = [ # all
  "crates/*", "tool" ]
exclude = ['crates/out']
[workspace.dependencies]
d = { path = "deep/d" }
-- api/Cargo.lock --
source = "git+https://example.org"
-- api/.cargo/config.toml --
[net]
retry = 3
-- api/rust-toolchain.toml --
[toolchain]
channel = "1.95"
-- api/crates/out/Cargo.toml --
[package]
-- api/crates/a/Cargo.toml --
[package]
name = "a"
-- api/crates/a/src/lib.rs --
-- api/tool/Cargo.toml --
[package]
name = "tool"
[[bin]]
name = "t"
path = "code/t.rs"
-- api/deep/d/Cargo.toml --
[package]
name = "d"
-- api/deep/d/src/bin/x/main.rs --
`,
        'COPY api/Cargo.toml api/Cargo.lock api/rust-toolchain.toml ./api/\nCOPY api/.cargo/config.toml ./api/.cargo/\nCOPY api/crates/a/Cargo.toml ./api/crates/a/\nCOPY api/deep/d/Cargo.toml ./api/deep/d/\nCOPY api/tool/Cargo.toml ./api/tool/\nRUN cd /app/api && mkdir -p crates/a/src deep/d/src/bin/x && touch crates/a/src/lib.rs deep/d/src/bin/x/main.rs && cargo fetch && rm crates/a/src/lib.rs deep/d/src/bin/x/main.rs\nCOPY . .\nRUN cd api && cargo build\n',
      ],
      'Poetry with the project': [
        'COPY . .\nRUN poetry install --only main\n',
        '-- pyproject.toml --\n[tool.poetry]\n-- poetry.lock --\n\n',
        'COPY pyproject.toml poetry.lock ./\nRUN poetry install --only main --no-root\nCOPY . .\nRUN poetry install --only main\n',
      ],
      'uv with the project, in exec form': [
        'COPY [".", "."]\nRUN uv sync --locked\n',
        '-- pyproject.toml --\n[build-system]\n-- uv.lock --\n\n',
        'COPY ["pyproject.toml", "uv.lock", "./"]\nRUN uv sync --locked --no-install-project\nCOPY [".", "."]\nRUN uv sync --locked\n',
      ],
      'Maven that builds': [
        'COPY . .\nRUN mvn -B clean package -DskipTests\n',
        '-- pom.xml --\n<project><dependencies></dependencies></project>\n',
        'COPY pom.xml ./\nRUN mvn -B dependency:go-offline\nCOPY . .\nRUN mvn -B clean package -DskipTests\n',
      ],
      'Gradle that builds': [
        'COPY . .\nRUN gradle --no-daemon build -x test\n',
        "-- build.gradle --\nplugins { id 'java' }\n",
        'COPY build.gradle ./\nRUN gradle dependencies --no-daemon\nCOPY . .\nRUN gradle --no-daemon build -x test\n',
      ],
      Maven: [
        'COPY . .\nRUN ./mvnw -B dependency:go-offline\nRUN ./mvnw package\n',
        '-- pom.xml --\n<project></project>\n-- mvnw mode=755 --\n#!/bin/sh\n-- .mvn/wrapper/maven-wrapper.properties --\n1\n',
        'COPY pom.xml mvnw ./\nCOPY .mvn/ ./.mvn/\nRUN ./mvnw -B dependency:go-offline\nCOPY . .\nRUN ./mvnw package\n',
      ],
      Gradle: [
        'COPY . .\nRUN gradle dependencies --no-daemon\n',
        "-- build.gradle --\nplugins { id 'java' }\n-- settings.gradle --\nrootProject.name = 'a'\n-- gradle/libs.versions.toml --\n1\n",
        'COPY build.gradle settings.gradle ./\nCOPY gradle/ ./gradle/\nRUN gradle dependencies --no-daemon\nCOPY . .\n',
      ],
      Composer: [
        'COPY . .\nRUN composer install --no-dev --no-scripts\n',
        '-- composer.json --\n{"scripts": {"post-install-cmd": "x"}, "autoload": {"psr-4": {"A\\\\": "src/"}}}\n-- composer.lock --\n{}\n',
        'COPY composer.json composer.lock ./\nRUN composer install --no-dev --no-scripts\nCOPY . .\n',
      ],
      'Composer with scripts and classes of the project': [
        'COPY . .\nRUN composer install --no-dev -o\n',
        '-- composer.json --\n{"scripts": {"post-install-cmd": "x"}, "autoload": {"classmap": ["src"]}}\n-- composer.lock --\n{}\n',
        'COPY composer.json composer.lock ./\nRUN composer install --no-dev --no-scripts --no-autoloader\nCOPY . .\nRUN composer install --no-dev -o\n',
      ],
      Bundler: [
        'COPY . .\nRUN bundle install --jobs 4\n',
        '-- Gemfile --\nsource "https://rubygems.org"\ngem "rails"\n-- Gemfile.lock --\nGEM\n',
        'COPY Gemfile Gemfile.lock ./\nRUN bundle install --jobs 4\nCOPY . .\n',
      ],
    };
  for (const [name, [lines, files, result]] of Object.entries(shapes)) {
    it(`is offered for ${name}`, async () => {
      assert.equal(
        (await fixed(`${start}${lines}${files}`)).trimEnd(),
        `${start}${result}`.trimEnd(),
      );
    });
  }

  const refusals: Readonly<Record<string, readonly [lines: string, files: string]>> = {
    'the project has a prepare script': [
      'COPY . .\nRUN npm ci\n',
      manifest(', "scripts": {"prepare": "husky"}'),
    ],
    'a workspace has a postinstall script': [
      'COPY . .\nRUN npm ci\n',
      `${manifest(', "workspaces": ["a"]')}-- a/package.json --\n{"scripts": {"postinstall": "x"}}\n`,
    ],
    'a workspace has a program': [
      'COPY . .\nRUN npm ci\n',
      `${manifest(', "workspaces": ["a"]')}-- a/package.json --\n{"bin": "x.js"}\n`,
    ],
    'workspaces cannot be listed': ['COPY . .\nRUN npm ci\n', manifest(', "workspaces": ["**"]')],
    'a dependency lies in the project': [
      'COPY . .\nRUN npm ci\n',
      manifest(', "dependencies": {"b": "file:./b"}'),
    ],
    'npm would build an addon': ['COPY . .\nRUN npm ci\n', `${manifest()}-- binding.gyp --\n{}\n`],
    'node_modules is copied too': [
      'COPY . .\nRUN npm ci\n',
      `${manifest()}-- node_modules/x/index.js --\n1\n`,
    ],
    'there is no lock file': ['COPY . .\nRUN npm ci\n', '-- package.json --\n{}\n'],
    'the lock file is ignored': [
      'COPY . .\nRUN npm ci\n',
      `${manifest()}-- .dockerignore --\npackage-lock.json\n`,
    ],
    'the lock file is excluded': ['COPY --exclude=*-lock.json . .\nRUN npm ci\n', manifest()],
    'the manifest is a link': [
      'COPY . .\nRUN npm ci\n',
      `-- package.json -> other.json --\n-- other.json --\n{}\n${lock}`,
    ],
    'the same RUN cleans up': [
      'COPY . .\nRUN npm ci && npm run build && npm cache clean --force\n',
      manifest(),
    ],
    'the same RUN goes on with options that were set': [
      'COPY . .\nRUN set -e && npm ci && npm run build\n',
      manifest(),
    ],
    'the same RUN goes on with what was exported': [
      'COPY . .\nRUN export A=b && npm ci && npm run build\n',
      manifest(),
    ],
    'the same RUN goes on whatever happens': ['COPY . .\nRUN npm ci; npm run build\n', manifest()],
    'the same RUN has another way': ['COPY . .\nRUN npm ci && npm test || true\n', manifest()],
    'the same RUN needs a file first': ['COPY . .\nRUN cp src/app.js /x && npm ci\n', manifest()],
    'a package is added': ['COPY . .\nRUN npm install left-pad\n', manifest()],
    'it installs elsewhere': ['COPY . .\nRUN cd /other && npm ci\n', manifest()],
    'the shell looks for a file first': [
      'COPY . .\nRUN test -f src/app.js && npm ci\n',
      manifest(),
    ],
    'brackets look for a file first': ['COPY . .\nRUN [ -f src/app.js ] && npm ci\n', manifest()],
    'the shell reads a file first': ['COPY . .\nRUN . ./env.sh && npm ci\n', manifest()],
    'the shell goes to a folder first': ['COPY . .\nRUN cd src && cd .. && npm ci\n', manifest()],
    'the shell is in a folder for a while': [
      'COPY . .\nRUN cd src && apk add curl && cd .. && npm ci\n',
      manifest(),
    ],
    'packages are installed where a file is found': [
      'COPY . .\nRUN test -f src/app.js && apk add curl\n',
      manifest(),
    ],
    'it installs only sometimes': ['COPY . .\nRUN if [ -n "$X" ]; then npm ci; fi\n', manifest()],
    'another RUN stands between': ['COPY . .\nRUN node src/app.js\nRUN npm ci\n', manifest()],
    'another COPY stands between': ['COPY . .\nCOPY --from=x / /\nRUN npm ci\n', manifest()],
    'a relative destination would move': [
      'COPY . .\nWORKDIR /app/web\nRUN cd .. && npm ci\n',
      manifest(),
    ],
    'a variable of the destination may change': [
      'ENV D=/app\nCOPY . $D\nENV D=/x\nRUN npm ci\n',
      manifest(),
    ],
    'more is copied at once': ['COPY package.json src ./\nRUN npm ci\n', manifest()],
    'a package generates code from the project': [
      'COPY . .\nRUN npm ci\n',
      manifest(', "dependencies": {"@prisma/client": "5.0.0"}'),
    ],
    'it goes to a folder of the system': ['COPY . /\nRUN cd / && npm ci\n', manifest()],
    'a variable leads the packages into the project': [
      'ENV BUNDLE_PATH=/app/gems\nCOPY . .\nRUN bundle install\n',
      '-- Gemfile --\ngem "rails"\n-- Gemfile.lock --\nGEM\n',
    ],
    'it comes from another stage': ['COPY --from=x . .\nRUN npm ci\n', manifest()],
    'pnpm applies a patch that is not there': [
      'COPY . .\nRUN pnpm install --frozen-lockfile\n',
      '-- package.json --\n{"pnpm": {"patchedDependencies": {"a": "patches/a.patch"}}}\n-- pnpm-lock.yaml --\n{}\n',
    ],
    'Yarn keeps its packages in the context': [
      'COPY . .\nRUN yarn --immutable\n',
      '-- package.json --\n{}\n-- yarn.lock --\n\n-- .yarn/cache/x.zip --\n1\n',
    ],
    'what is excluded would come with a folder': [
      'COPY --exclude=.yarn/versions . .\nRUN yarn --immutable\n',
      '-- package.json --\n{}\n-- yarn.lock --\n\n-- .yarnrc.yml --\nyarnPath: .yarn/releases/yarn-4.cjs\n-- .yarn/releases/yarn-4.cjs --\n1\n-- .yarn/versions/a.yml --\n1\n',
    ],
    'pip installs the project': [
      'COPY . .\nRUN pip install -e . -r requirements.txt\n',
      '-- requirements.txt --\na\n',
    ],
    'requirements name the project': [
      'COPY . .\nRUN pip install -r requirements.txt\n',
      '-- requirements.txt --\n-e .\n',
    ],
    'requirements name a wheel': [
      'COPY . .\nRUN pip install -r requirements.txt\n',
      '-- requirements.txt --\nwheels/a-1-py3-none-any.whl\n',
    ],
    'requirements name a file by URL': [
      'COPY . .\nRUN pip install -r requirements.txt\n',
      '-- requirements.txt --\na @ file:///app/a\n',
    ],
    'an included file is missing': [
      'COPY . .\nRUN pip install -r requirements.txt\n',
      '-- requirements.txt --\n-r more.txt\n',
    ],
    'Poetry installs the project, named by its folder': [
      'COPY . .\nRUN poetry install\n',
      '-- pyproject.toml --\n[tool.poetry.dependencies]\na = {path = "./a"}\n-- poetry.lock --\n\n',
    ],
    'uv has a workspace': [
      'COPY . .\nRUN uv sync --locked\n',
      '-- pyproject.toml --\n[build-system]\n[tool.uv.workspace]\n-- uv.lock --\n\n',
    ],
    'Go replaces a module by a folder': [
      'COPY . .\nRUN go mod download\n',
      '-- go.mod --\nmodule a\nreplace b => ./b\n-- go.sum --\n\n',
    ],
    'Maven has modules': [
      'COPY . .\nRUN mvn dependency:go-offline\n',
      '-- pom.xml --\n<project><modules><module>a</module></modules></project>\n',
    ],
    'Gradle has projects': [
      'COPY . .\nRUN gradle dependencies\n',
      "-- build.gradle --\n1\n-- settings.gradle --\ninclude 'a'\n",
    ],
    'Composer starts plugins': [
      'COPY . .\nRUN composer install -o\n',
      '-- composer.json --\n{"config": {"allow-plugins": true}}\n-- composer.lock --\n{}\n',
    ],
    'Composer runs scripts for each package': [
      'COPY . .\nRUN composer install\n',
      '-- composer.json --\n{"scripts": {"post-package-install": "x"}}\n-- composer.lock --\n{}\n',
    ],
    'Composer was run before': [
      'COPY composer.* ./\nRUN composer install --no-scripts --no-autoloader\nCOPY . .\nRUN composer install -o\n',
      '-- composer.json --\n{}\n-- composer.lock --\n{}\n',
    ],
    'the Gemfile reads the gemspec': [
      'COPY . .\nRUN bundle install\n',
      '-- Gemfile --\ngemspec\n-- Gemfile.lock --\n\n',
    ],
    'the sources are a workspace': [
      'COPY src ./src\nCOPY package*.json ./\nRUN npm ci\n',
      `${manifest(', "workspaces": ["src"]')}-- src/package.json --\n{}\n`,
    ],
    'Cargo must find what is copied': [
      'COPY src ./src\nCOPY Cargo.toml Cargo.lock ./\nRUN cargo fetch\n',
      crate,
    ],
    'what is copied may be settings of the installer': [
      'COPY src/app.js /root/.npmrc\nCOPY package*.json ./\nRUN npm ci\n',
      manifest(),
    ],
    'what is copied goes to where packages go': [
      'COPY src ./node_modules/x\nCOPY package*.json ./\nRUN npm ci\n',
      manifest(),
    ],
    'packages of the distribution may bring the same files': [
      'COPY src /usr/share/nginx/html\nWORKDIR /usr/share/nginx\nRUN apt-get install -y nginx\n',
      manifest(),
    ],
    'a package lies in the context': ['COPY . .\nRUN apt-get install -y ./x.deb\n', manifest()],
    'nothing is downloaded by Cargo': [
      'COPY . .\nRUN cargo build\n',
      crate.replace('source = "registry"', ''),
    ],
    'Cargo has no lock file': ['COPY . .\nRUN cargo build\n', crate.replace('Cargo.lock', 'x')],
    'a crate lies outside of what is copied': [
      'COPY . .\nRUN cargo build\n',
      crate.replace('itoa = "1"', 'itoa = { path = "../itoa" }'),
    ],
    'Cargo would not find a target': [
      'COPY . .\nRUN cargo build\n',
      crate.replace('[dependencies]', '[[bench]]\nname = "speed"\n[dependencies]'),
    ],
    'crates are vendored': [
      'COPY . .\nRUN cargo build\n',
      `${crate}-- .cargo/config.toml --\n[source.v]\ndirectory = "vendor"\n`,
    ],
    'crates were fetched before': ['RUN cargo chef cook\nCOPY . .\nRUN cargo build\n', crate],
    'a cache mount keeps the crates': [
      'COPY . .\nRUN --mount=type=cache,target=/usr/local/cargo/registry cargo build\n',
      crate,
    ],
    'nothing may be downloaded': ['COPY . .\nRUN cargo build --offline\n', crate],
    'Cargo is led to another manifest': [
      'COPY . .\nRUN cargo build --manifest-path a/Cargo.toml\n',
      crate,
    ],
    'a variable says where Go may download from': [
      'COPY . .\nRUN GOPRIVATE=example.org go build\n',
      goModule,
    ],
    'another user would make the folders of Cargo': [
      'USER 1000\nCOPY . .\nRUN cargo build\n',
      crate,
    ],
    'Go has its modules in the context': [
      'COPY . .\nRUN go build\n',
      `${goModule}-- vendor/modules.txt --\n1\n`,
    ],
    'Go needs no module': ['COPY . .\nRUN go build\n', '-- go.mod --\nmodule a\n-- go.sum --\n'],
    'Go builds what it downloads by name': [
      'COPY . .\nRUN go install a.example/b@latest\n',
      goModule,
    ],
    'modules were downloaded before': [
      'COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build\n',
      goModule,
    ],
  };
  for (const [name, [lines, files]] of Object.entries(refusals)) {
    it(`is not offered where ${name}`, () => notOffered(`${start}${lines}${files}`));
  }

  it('is not offered twice', async () => {
    const once = await fixed(`${start}COPY . .\nRUN npm ci\n${manifest()}`);
    await notOffered(`${once}\n${manifest()}`);
  });

  it('is offered for scripts that do not run', async () => {
    const text = `${start}COPY . .\nRUN npm ci --ignore-scripts\n${manifest(', "scripts": {"prepare": "x"}')}`;
    assert.match(await fixed(text), /^COPY package.json/m);
  });

  it('says in its title which file stays as it is in the context', async () => {
    const found = offers(await seen(`${start}COPY . .\nRUN npm install\n${manifest()}`));
    assert.deepEqual(Object.keys(found), [
      'Copy the manifest and lock file first, so that npm install stays cached (package-lock.json then stays as it is in the context)',
    ]);
  });

  it('keeps line ends and indentation of a line that moves', async () => {
    const lines = `${start}  # Code.\n  COPY src \\\n    ./src\n  COPY package*.json ./\n  RUN npm ci\n  CMD ["x"]\n`;
    const found = await fixed(`${lines.replaceAll('\n', '\r\n')}${manifest()}`);
    assert.equal(
      found.replaceAll('\r\n', '\n').trimEnd(),
      `${start}  COPY package*.json ./\n  RUN npm ci\n  # Code.\n  COPY src \\\n    ./src\n  CMD ["x"]`,
    );
    assert.doesNotMatch(found, /[^\r]\n/);
  });

  it('keeps line ends and indentation', async () => {
    const text = `${start}  COPY . .\n  RUN npm ci\n`.replaceAll('\n', '\r\n');
    const found = await fixed(`${text}${manifest()}`);
    assert.match(
      found,
      / {2}COPY package\.json package-lock\.json \.\/\r\n {2}RUN npm ci\r\n {2}COPY \. \.\r/,
    );
  });
});

describe('advice on a COPY that changes with most commits', () => {
  const commits = (sources: number, manifests: number, all = 100): GitHistory => ({
    commits: Array.from({ length: all }, (_, at) => ({
      id: String(at),
      paths: [
        ...(at < sources ? ['src/app.js'] : []),
        ...(at < manifests ? ['package.json'] : []),
        'docs/a.md',
      ],
    })),
    tracked: ['package.json', 'package-lock.json', 'src/app.js'],
    links: [],
  });
  const text = `${start}COPY . .\nRUN npm ci\n${manifest()}-- .dockerignore --\ndocs\n`;
  const advised = async (history: GitHistory | undefined, more: Given = {}, drawing = text) => {
    const { analysis, document } = await seen(drawing, { ...(history && { history }), ...more });
    return diagnostics(analysis, document, { otherDockerfileExtension: false })
      .filter(({ code }) => code === 'volatile-copy')
      .map(({ message, range }) => `${range.start.line}: ${message}`);
  };

  it('has the figures of git, after the ignore file', async () => {
    assert.deepEqual(await advised(commits(83, 6)), [
      '2: This COPY changed in 83 of 100 commits and makes `npm ci` run again each time. What the installation reads (package.json and package-lock.json) changed in 6: copied first, it keeps the installation in the cache.',
    ]);
  });

  it('is not given where it would be worth little', async () => {
    assert.deepEqual(await advised(commits(20, 1)), []);
    assert.deepEqual(await advised(commits(83, 60)), []);
    assert.deepEqual(await advised(commits(8, 0, 9)), []);
  });

  it('is not given without git, in Restricted Mode, or where it is switched off', async () => {
    assert.deepEqual(await advised(undefined), []);
    assert.deepEqual(await advised(commits(83, 6), { within: ['/context'] }), []);
    const off = { settings: { advice: { volatileCopy: false } } };
    assert.deepEqual(await advised(commits(83, 6), off), []);
    const silenced = text.replace('COPY .', '# dockerfile-layers ignore=volatile-copy\nCOPY .');
    assert.deepEqual(await advised(commits(83, 6), {}, silenced), []);
  });

  it('is not given where no safe order is known', async () => {
    const drawing = text.replace('{"name": "a"}', '{"scripts": {"prepare": "x"}}');
    assert.deepEqual(await advised(commits(83, 6), {}, drawing), []);
  });

  it('says what is left to the user where there is no quick fix', async () => {
    const split = text.replace('RUN npm ci', 'RUN npm ci; npm run build');
    const often =
      '2: This COPY changed in 83 of 100 commits and makes `npm ci` run again each time. What the installation reads (package.json and package-lock.json) changed in 6: copied first, it keeps the installation in the cache. Quick fixes leave it to you';
    assert.deepEqual(await advised(commits(83, 6), {}, split), [
      `${often}, since these lines cannot be written otherwise for sure: copy those files alone, run the installation in a RUN of its own, then copy the rest.`,
    ]);
    const installed = `${text}-- node_modules/x/index.js --\n1\n`;
    assert.deepEqual(await advised(commits(83, 6), {}, installed), [
      `${often}: The build context has node_modules too, and a copy after the installation would put it over what was installed; .dockerignore can leave it out.`,
    ]);
  });

  it('is given for an installation in the stage on top', async () => {
    const stages = text.replace('RUN npm ci', 'FROM 0 AS deps\nRUN npm ci');
    const [said = ''] = await advised(
      commits(83, 6),
      {},
      stages.replace('FROM node:22', 'FROM node:22 AS base').replace('FROM 0', 'FROM base'),
    );
    assert.match(said, /^2: This COPY changed in 83 of 100 commits and makes `npm ci` run again/);
    assert.match(
      said,
      /Quick fixes leave it to you, since these lines cannot be written otherwise/,
    );
  });

  it('is given for installations that read nothing of what is copied', async () => {
    const apt = text.replace('RUN npm ci', 'RUN apk add curl\nRUN make');
    assert.deepEqual(await advised(commits(83, 83), {}, apt), [
      '2: This COPY changed in 83 of 100 commits and makes `apk add` run again each time. That reads nothing of what is copied here: copied after it, it leaves the installation in the cache.',
    ]);
  });

  it('is given for builds that download', async () => {
    const build = text
      .replace('RUN npm ci', 'RUN cargo build --release')
      .replace(/-- .dockerignore/, `${crate}$&`);
    assert.deepEqual(
      await advised({ ...commits(83, 0), tracked: ['Cargo.toml', 'Cargo.lock'] }, {}, build),
      [
        '2: This COPY changed in 83 of 100 commits, and each time `cargo build` downloads what it depends on again. What that hangs on (Cargo.toml and Cargo.lock) changed in 0: copied first, with `cargo fetch` behind it, it keeps the downloads in the cache.',
      ],
    );
  });

  it('is not given where a step needs the sources', async () => {
    for (const line of [
      ...['RUN make', 'RUN npm run build', 'RUN node src/gen.js && npm ci', 'RUN pip install .'],
      ...['RUN if [ -n "$X" ]; then npm ci; fi', 'RUN --mount=type=bind,target=. npm ci'],
    ]) {
      const drawing = text.replace('RUN npm ci', line);
      assert.deepEqual(await advised(commits(83, 6), {}, drawing), [], line);
    }
  });

  it('names the seconds and bytes of what follows, where a record has them', async () => {
    const { analysis, document } = await seen(text, { history: commits(83, 6) });
    const last = { ms: 41_000, bytes: 180_000_000 };
    const cache = { ...analysis.cache, of: () => ({ last }) as unknown as Prediction };
    const measured = { ...analysis, cache };
    const [found] = diagnostics(measured, document, { otherDockerfileExtension: false }).filter(
      ({ code }) => code === 'volatile-copy',
    );
    assert.match(String(found?.message), /makes `npm ci` run again each time \(41 s\)\./);
    const [stage] = measured.plan.stages;
    const step = stage?.steps[1];
    assert.ok(stage && step);
    assert.equal(
      churnSentence(measured, stage, step),
      '83 of the last 100 commits changed what it takes; each time the step after it runs again, 41 s and 180 MB as last built. Together that is 56 min 43 s.',
    );
  });

  it('says at least where not all times are known, and no figures where none are', async () => {
    const two = text.replace('RUN npm ci', 'RUN npm ci\nRUN other');
    const { analysis } = await seen(two, { history: commits(83, 6) });
    const [stage] = analysis.plan.stages;
    const step = stage?.steps[1];
    assert.ok(stage && step);
    const last = { ms: 41_000, bytes: null };
    const of = (one: unknown) =>
      (one === stage.steps[2] ? { last } : undefined) as unknown as Prediction;
    const measured = { ...analysis, cache: { ...analysis.cache, of } };
    const often =
      '83 of the last 100 commits changed what it takes; each time the 2 steps after it run again';
    assert.equal(churnSentence(measured, stage, step), `${often}, at least 41 s as last built.`);
    assert.equal(churnSentence(analysis, stage, step), `${often}.`);
    const reason = 'Git refuses to read the repository.';
    const refused = { ...analysis.churn, of: () => ({ state: 'unavailable', reason }) as const };
    assert.equal(
      churnSentence({ ...analysis, churn: refused }, stage, step),
      `How often what it takes changes is not known. ${reason}`,
    );
  });

  it('counts what other stages take of it among what runs again', async () => {
    const stages = (last: string) => `FROM a AS one
WORKDIR /app
COPY src ./src
${last}FROM a AS two
RUN b
COPY --from=one /app/src/x /x
RUN c
FROM two
COPY --from=one /etc/y /y
-- src/app.js --
1
`;
    const said = async (drawing: string) => {
      const { analysis } = await seen(drawing, { history: commits(83, 6) });
      const [stage] = analysis.plan.stages;
      const step = stage?.steps[1];
      assert.ok(stage && step);
      return churnSentence(analysis, stage, step) ?? '';
    };
    assert.match(await said(stages('RUN a\n')), /each time the 4 steps after it run again\.$/);
    assert.match(await said(stages('')), /each time the 3 steps after it run again\.$/);
    const other = stages('').replace('/app/src/x', '/etc/x');
    assert.equal(await said(other), '83 of the last 100 commits changed what it takes.');
  });

  it('says that .git is taken too, unless the ignore file leaves it out', async () => {
    const said = async (drawing: string) => {
      const history = { ...commits(83, 6), hasRepository: true };
      const { analysis } = await seen(drawing, { history });
      const [stage] = analysis.plan.stages;
      const step = stage?.steps[1];
      assert.ok(stage && step);
      return churnSentence(analysis, stage, step) ?? '';
    };
    assert.match(
      await said(text),
      / It takes \.git too, which every commit changes; \.dockerignore can leave that out\.$/,
    );
    assert.doesNotMatch(await said(text.replace('docs\n', 'docs\n.git\n')), /\.git/);
  });

  it('is in the hover of every line that takes files', async () => {
    const { analysis, document } = await seen(text, { history: commits(83, 6) });
    const at = document.positionAt(document.getText().indexOf('COPY'));
    const found = hover(analysis, document, at, { markdown: true });
    const value = (found?.contents as { value: string } | undefined)?.value ?? '';
    assert.match(
      value,
      /83 of the last 100 commits changed what it takes; each time the step after it runs again\./,
    );
  });
});
