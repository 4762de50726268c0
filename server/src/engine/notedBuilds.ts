/**
 * Which image a file was built to, by the builds that the docker command noted on this machine: the
 * image that came when this file was built, and no file that is like it.
 */

import type { Step } from '../model/plan.ts';
import { groupCount } from './candidates.ts';
import type { EngineImage } from './engine.ts';
import type { Likeness } from './layLikeness.ts';

/** A build that was begun on this machine. */
export interface NotedStart {
  /** Absolute path of its Dockerfile. */
  readonly dockerfile: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The Dockerfile as it is now; null: it is gone, or cannot be read. */
  readonly text: () => Promise<string | null>;
}

export interface NotedBuilds {
  /** Absolute path of the file in question. */
  readonly file: string;
  /** The newest of all files. */
  readonly builds: readonly NotedStart[];
}

interface Candidate extends Likeness {
  readonly image: EngineImage;
}

/** Longer ago, another build has most likely ended. */
const longestBuild = 600_000;
/** Builds that begin so close to each other run side by side. */
const together = 500;
/** A file that is gone is taken for another one where its build began this soon after ours. */
const soonAfter = 10_000;
/** Images of the file that are looked at. */
const mostMade = 8;
/** Of an image that is not the file's wholly, so much of its lines must be. */
const leastShare = 0.25;
const leastTelling = 0.5;

/**
 * Of images that have lines of the file, the one that was made when the file was built; null: none
 * is, or more than one may be, or a build of another file that has one of its lines may have made it.
 * A build from cache alone makes none, and then the time of the image is that of an earlier build.
 */
export async function byNotedBuild<Some extends Candidate>(
  { file, builds }: NotedBuilds,
  candidates: readonly Some[],
): Promise<Some | null> {
  const own = builds.filter(({ dockerfile }) => dockerfile === file);
  if (own.length === 0) return null;
  const made = candidates
    .filter(
      ({ laid, share, telling, complete }) =>
        laid.certain && (complete || (share >= leastShare && telling >= leastTelling)),
    )
    .flatMap((candidate) => {
      const start = startOf(candidate.image, own);
      return start === null ? [] : [{ candidate, start }];
    })
    .sort(
      (a, b) =>
        b.candidate.share - a.candidate.share ||
        (b.candidate.image.createdAt ?? 0) - (a.candidate.image.createdAt ?? 0),
    )
    .slice(0, mostMade);
  const others = builds.filter(({ dockerfile }) => dockerfile !== file);
  const ours: Some[] = [];
  const open: Some[] = [];
  for (const { candidate, start } of made) {
    const isOurs = await noOtherMade(candidate, start, others, candidates);
    (isOurs ? ours : open).push(candidate);
  }
  const [best] = ours;
  if (!best) return null;
  const imagesOf = (some: readonly Some[]) =>
    some.filter(({ share }) => share >= best.share).map(({ image }) => image);
  if (groupCount(imagesOf(ours)) > 1) return null;
  // A newer build of the same thing may be the file's as well.
  const isNewer = imagesOf(open).some(
    (image) =>
      groupCount([image, best.image]) < 2 && (image.createdAt ?? 0) >= (best.image.createdAt ?? 0),
  );
  if (isNewer) return null;
  // A build that came after, and made none of these, may have taken any of them from cache.
  const last = Math.max(...own.map(({ startedAt }) => startedAt));
  return imagesOf(ours).length > 1 && last > (endOf(best.image) ?? 0) ? null : best;
}

/** When the last build of the file before the image began; null: there is none. */
function startOf(image: EngineImage, own: readonly NotedStart[]): number | null {
  const end = endOf(image);
  if (end === null) return null;
  const starts = own.map(({ startedAt }) => startedAt).filter((at) => isWithin(at, end));
  return starts.length === 0 ? null : Math.max(...starts);
}

function isWithin(startedAt: number, end: number): boolean {
  return startedAt <= end && end - startedAt <= longestBuild;
}

/** When the image was there at the latest: some engines tell whole seconds. */
function endOf({ createdAt }: EngineImage): number | null {
  if (createdAt === null) return null;
  return createdAt % 1000 === 0 ? createdAt + 999 : createdAt;
}

/** No build of a file with one of the lines that the image was found by was under way as well. */
async function noOtherMade(
  { image, laid }: Candidate,
  start: number,
  others: readonly NotedStart[],
  candidates: readonly Candidate[],
): Promise<boolean> {
  const end = endOf(image) ?? 0;
  const running = new Map<string, NotedStart>();
  for (const one of others) {
    if (!isWithin(one.startedAt, end)) continue;
    const last = running.get(one.dockerfile);
    if (!last || last.startedAt < one.startedAt) running.set(one.dockerfile, one);
  }
  const lines = linesOf([...laid.rows.keys()]);
  for (const { startedAt, text } of running.values()) {
    const isBefore = startedAt < start - together;
    const its = await text();
    if (its === null) {
      // What is gone was rarely like ours, and at the same time.
      if (startedAt <= start + soonAfter) continue;
      return false;
    }
    const written = plain(its);
    if (lines.length > 0 && !lines.some((line) => written.includes(line))) continue;
    // A build before ours has ended where its own image came before ours began.
    const hasEnded = candidates.some(
      (other) =>
        other.image.id !== image.id &&
        (other.image.createdAt ?? 0) >= startedAt &&
        (endOf(other.image) ?? end) <= start,
    );
    if (!isBefore || !hasEnded) return false;
  }
  return true;
}

/** Instructions that make layers, as they are found in a text. Very short ones stand in any file. */
function linesOf(steps: readonly Step[]): readonly string[] {
  return steps
    .filter(({ effect }) => effect === 'layer')
    .map(({ instruction }) => blanks(instruction.joined.text))
    .filter((text) => text.length >= 16);
}

/** A whole file with its lines joined. */
function plain(text: string): string {
  return blanks(text.replace(/^[ \t]*#.*(?:\r?\n|$)/gm, '').replace(/[\\`][ \t]*\r?\n/g, ''));
}

function blanks(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
