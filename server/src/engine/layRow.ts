/** One entry of an image's history, read: who wrote it, which instruction it is of, what it runs. */

import type { EngineImage, HistoryRow } from './engine.ts';

/**
 * `buildkit`: BuildKit, or another builder that writes instructions as they are. `classic`: Docker's
 * older builder. `podman`: Buildah. `none`: no builder of Dockerfiles left a text.
 */
export type RowForm = 'buildkit' | 'classic' | 'podman' | 'none';

export interface ReadRow {
  readonly row: HistoryRow;
  /** Position in the history, the oldest first. */
  readonly at: number;
  readonly form: RowForm;
  /** BuildKit itself said that the entry is its own. */
  readonly byBuildkit: boolean;
  /** Of the instruction, upper case; `RUN` for commands of older builders; `''`: not known. */
  readonly keyword: string;
  /** `KEYWORD rest` without the builder's frame; of a RUN only what is run, ARG values in front. */
  readonly text: string;
}

const keywords = new Set(
  'RUN COPY ADD WORKDIR ENV LABEL ARG EXPOSE VOLUME USER CMD ENTRYPOINT STOPSIGNAL MAINTAINER HEALTHCHECK SHELL ONBUILD'.split(
    ' ',
  ),
);

/** Older builders mark what only changes the config, and COPY and ADD, as no operation. */
const noOperation = /^[^#\n]* #\(nop\) {1,2}/;
const buildkitMark = ' # buildkit';

/** The entries of an image, read, the oldest first. */
export function readRows(image: EngineImage): readonly ReadRow[] {
  return image.history.map(readRow);
}

function readRow(row: HistoryRow, at: number): ReadRow {
  const { createdBy, comment } = row;
  const byBuildkit = comment.startsWith('buildkit.') || createdBy.endsWith(buildkitMark);
  const first = /^[A-Z]+(?= |$)/.exec(createdBy)?.[0] ?? '';
  if (createdBy === '') return { row, at, form: 'none', byBuildkit, keyword: '', text: '' };
  if (keywords.has(first)) {
    return { row, at, form: 'buildkit', byBuildkit, keyword: first, text: plain(createdBy, first) };
  }
  // Buildah says in each comment what the step started from.
  const older = comment.startsWith('FROM ') ? 'podman' : 'classic';
  const frame = noOperation.exec(createdBy)?.[0];
  if (frame === undefined) {
    return { row, at, form: older, byBuildkit, keyword: 'RUN', text: createdBy };
  }
  const text = createdBy.slice(frame.length);
  const keyword = (/^[A-Za-z]+/.exec(text)?.[0] ?? '').toUpperCase();
  return { row, at, form: older, byBuildkit, keyword: keywords.has(keyword) ? keyword : '', text };
}

function plain(createdBy: string, keyword: string): string {
  if (keyword !== 'RUN') return createdBy;
  const text = createdBy.slice('RUN '.length);
  return text.endsWith(buildkitMark) ? text.slice(0, -buildkitMark.length) : text;
}

/** What a RUN's entry says of ARG, and what it runs. */
export interface RunParts {
  /** `A=1 B=two words`; `''`: no ARG was declared, or none had a value. */
  readonly args: string;
  readonly count: number;
  readonly body: string;
}

/**
 * Takes the ARG values in front of a command away. Values may have blanks, so where they end is
 * told by what can stand behind them: one of `bodies`. Null: it is none of these.
 */
export function runParts(text: string, bodies: RunBodies): RunParts | null {
  if (bodies.all.has(text)) return { args: '', count: 0, body: text };
  const counted = /^\|(\d{1,6}) /.exec(text);
  if (!counted) return null;
  const start = counted[0].length;
  const count = Number(counted[1]);
  let passed = 0;
  for (let at = start; at < text.length; at = text.indexOf(' ', at) + 1) {
    if (passed >= count && bodies.heads.has(text.slice(at, at + headLength))) {
      const body = text.slice(at);
      if (bodies.all.has(body)) {
        return { args: text.slice(start, Math.max(start, at - 1)), count, body };
      }
    }
    passed++;
    if (!text.includes(' ', at)) break;
  }
  return null;
}

/** The key of `entryKey` for a row; null: it is no RUN of the file. */
export function rowKey({ keyword, text }: ReadRow, parts: RunParts | null): string | null {
  if (keyword !== 'RUN') return `${keyword} ${text}`;
  return parts ? `RUN ${parts.body}` : null;
}

const headLength = 12;

/** What the RUN lines of a file run; `heads` are their first characters, to look for them quickly. */
export interface RunBodies {
  readonly all: ReadonlySet<string>;
  readonly heads: ReadonlySet<string>;
}

/** Of the commands of all RUN lines, shell and all. */
export function runBodies(all: Iterable<string>): RunBodies {
  const bodies = new Set(all);
  const heads = new Set<string>();
  for (const body of bodies) heads.add(body.slice(0, headLength));
  return { all: bodies, heads };
}
