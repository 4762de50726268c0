/** The page that shows how far off figures were before a build, by kind of instruction, over all builds of the tests. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type ComparedLine, caseNames } from './estimateCases.ts';
import { fixturesDigest, verdictOf } from './estimatePage.ts';
import { buildNames, fixtureText } from './measuredBuilds.ts';
import { measuredCases } from './measuredCases.ts';

/** Where the page lies. */
export const measuredPath = join(import.meta.dirname, '../../docs/measured.md');

/** What an error is at least a share of: a few bytes are many percent of a layer of a few bytes. */
const leastWhole = 100_000;

/** Words of a command that tell the family of a RUN line; the first that the line has counts. */
const families: readonly (readonly [string, RegExp])[] = [
  ['apt', /\b(apt-get|apt|dpkg|aptitude)\b/],
  ['apk', /\bapk\b/],
  ['dnf', /\b(dnf|yum|microdnf|rpm)\b/],
  ['npm, yarn, pnpm', /\b(npm|npx|yarn|pnpm)\b/],
  ['pip', /\b(pip3?|poetry|uv)\b/],
  ['git', /\bgit\b/],
  ['download', /\b(curl|wget)\b/],
  ['compile', /\b(make|gcc|cc|g\+\+|cargo|go build|javac)\b/],
  ['archives', /\b(tar|unzip|gunzip|gzip|xz)\b/],
  ['ownership and modes', /\b(chown|chmod|chgrp)\b/],
];

/** `COPY`, `ADD`, `WORKDIR`, or the family of a RUN line: `RUN, apt`. */
export function kindOf({ keyword, text }: Pick<ComparedLine, 'keyword' | 'text'>): string {
  if (keyword !== 'RUN') return keyword;
  const family = families.find(([, pattern]) => pattern.test(text))?.[0];
  return `RUN, ${family ?? 'shell and files'}`;
}

/** How the figures of some lines did. */
export interface KindSummary {
  readonly lines: number;
  /** Figures that are the layer's bytes. */
  readonly exact: number;
  /** Figures whose band holds the layer's bytes, exact ones among them; lower bounds that are not above them. */
  readonly inside: number;
  readonly outside: number;
  readonly unknown: number;
  readonly lowerBounds: number;
  /** |figure - layer| / layer of whole figures, layers below 0.1 MB counting as that; null: there is none. */
  readonly median: number | null;
  readonly p90: number | null;
  /** Largest |figure - layer| in bytes of whole figures; null: there is none. */
  readonly worst: number | null;
}

/** Counts over some lines. */
export function kindSummary(lines: readonly ComparedLine[]): KindSummary {
  const verdicts = lines.map(({ size, measured }) => verdictOf(size, measured));
  const count = (wanted: string) => verdicts.filter((verdict) => verdict === wanted).length;
  const whole = lines.flatMap(({ size, measured }) =>
    size.bytes === null || size.atLeast ? [] : [{ off: Math.abs(size.bytes - measured), measured }],
  );
  const shares = whole
    .map(({ off, measured }) => off / Math.max(measured, leastWhole))
    .sort((a, b) => a - b);
  const quantile = (share: number) => shares[Math.ceil(share * shares.length) - 1] ?? null;
  return {
    lines: lines.length,
    exact: whole.filter(({ off }) => off === 0).length,
    inside: count('inside'),
    outside: count('outside'),
    unknown: count('unknown'),
    lowerBounds: lines.filter(({ size }) => size.bytes !== null && size.atLeast).length,
    median: quantile(0.5),
    p90: quantile(0.9),
    worst: whole.length > 0 ? Math.max(...whole.map(({ off }) => off)) : null,
  };
}

/** Kinds in the order of the table, with their lines. */
export function byKind(
  lines: readonly ComparedLine[],
): readonly (readonly [string, readonly ComparedLine[]])[] {
  const kinds = new Map<string, ComparedLine[]>();
  for (const line of lines) {
    const kind = kindOf(line);
    const known = kinds.get(kind);
    if (known) known.push(line);
    else kinds.set(kind, [line]);
  }
  return [...kinds].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

const rank = (kind: string) =>
  ['COPY', 'ADD', 'WORKDIR'].indexOf(kind) < 0 ? 3 : ['COPY', 'ADD', 'WORKDIR'].indexOf(kind);

/** The table by kind of instruction, as Markdown, and as the command prints it. */
export function measuredTable(lines: readonly ComparedLine[]): readonly string[] {
  return [
    '| Instruction | Lines | Exact | In the band | Outside | Lower bounds | Unknown | Median error | 90 % below | Largest |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...byKind(lines).map(([kind, of]) => row(kind, kindSummary(of))),
    row('**all**', kindSummary(lines)),
  ];
}

function row(kind: string, summary: KindSummary): string {
  const { lines, exact, inside, outside, unknown, lowerBounds, median, p90, worst } = summary;
  const figures = inside + outside;
  const band = figures > 0 ? `${inside} (${((100 * inside) / figures).toFixed(1)} %)` : '';
  const cells = [kind, lines, exact, band, outside, lowerBounds, unknown];
  return `| ${[...cells, percent(median), percent(p90), bytes(worst)].join(' | ')} |`;
}

const percent = (share: number | null) => (share === null ? '' : `${(share * 100).toFixed(2)} %`);

const bytes = (count: number | null) =>
  count === null ? '' : `${String(count).replace(/\B(?=(\d{3})+$)/g, ' ')} B`;

/** Digest of all that is built: the page carries it, so that a page of other builds is noticed. */
export function measuredDigest(): string {
  const hash = createHash('sha256').update(fixturesDigest());
  for (const name of buildNames) hash.update(`${name}\0`).update(fixtureText(name));
  for (const one of measuredCases) hash.update(JSON.stringify([one.built.text, one.base?.text]));
  return hash.digest('hex').slice(0, 16);
}

export interface ComparedBuilds {
  /** Of Dockerfiles that try each form of each instruction. */
  readonly forms: readonly ComparedLine[];
  /** Of Dockerfiles that install packages, as people write them. */
  readonly installs: readonly ComparedLine[];
}

/** The whole page as Markdown. */
export function measuredPage(
  { forms, installs }: ComparedBuilds,
  engine: string,
  date: string,
): string {
  const lines = [...forms, ...installs];
  const outside = lines.filter(({ size, measured }) => verdictOf(size, measured) === 'outside');
  return [
    '# Figures before a build, beside what was measured',
    '',
    'Written by `npm run measured`; do not edit.',
    `<!-- builds: ${measuredDigest()} -->`,
    '',
    `Every line that makes a layer in ${buildNames.length + measuredCases.length + caseNames.length} Dockerfiles: what \`report\` says of it where there is no engine,`,
    `beside the bytes that Docker Engine ${engine} (classic store) has for its layer, built on ${date}.`,
    '',
    ...measuredTable(lines),
    '',
    '*Exact*: the figure is the layer, to the byte. *In the band*: of all figures, those whose band holds the layer, or',
    'lower bounds that are not above it. *Unknown*: no figure, with a reason. Errors are those of whole figures (no lower',
    'bounds), as shares of the layer (one below 0.1 MB counts as 0.1 MB). `docs/estimates.md` has each RUN line.',
    '',
    `## ${caseNames.length} Dockerfiles that install packages (\`test/fixtures/estimates\`)`,
    '',
    ...measuredTable(installs),
    '',
    `## ${buildNames.length + measuredCases.length} Dockerfiles of all forms (\`test/fixtures/builds\`, \`test/engine/measuredCases.ts\`)`,
    '',
    ...measuredTable(forms),
    '',
    '## Outside the band',
    '',
    ...(outside.length === 0 ? ['No line.'] : outside.map(described)),
    '',
    '## Without a figure',
    '',
    ...[...forms.filter(isOfFixtures), ...installs]
      .filter(({ size }) => size.bytes === null)
      .map(reasoned),
    '',
  ].join('\n');
}

/** Lines of measured cases write zeros by `head`, one like the other. */
const isOfFixtures = ({ name }: ComparedLine) => buildNames.includes(name);

function described({ name, line, text, size, measured }: ComparedLine): string {
  const said = size.low === size.high ? size.low : `${size.low} to ${size.high}`;
  return `- ${name}, line ${line}, \`${text.replaceAll('`', "'")}\`: said ${said}, measured ${measured}`;
}

/** What serves the fixtures' downloads has another port each time. */
const ownSite = /http:\/\/127\.0\.0\.1:\d+/g;

function reasoned({ name, line, text, size, measured }: ComparedLine): string {
  return `- ${name}, line ${line}, \`${text.replaceAll('`', "'")}\`, measured ${measured}: ${size.reason.replaceAll(ownSite, 'http://site')}`;
}
