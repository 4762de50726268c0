/**
 * The layer of one RUN as it grows: what its commands wrote and what of that they removed again.
 * Only what is still there when the RUN ends is stored (SIZES section 8: a file that is written and
 * deleted by the same RUN adds nothing).
 */

import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import { type Size, unknown } from '../size.ts';
import type { Contribution, Draft, StageState, World } from './draft.ts';
import { fileMatcher, fixedFolder } from './globs.ts';
import { tinyBytes } from './stored.ts';

/** A draft that its driver can tell how sure the next command is to run. */
export interface DrivenDraft extends Draft {
  /** Null: it surely runs; else its words, for reasons: `make install`. */
  doubtful: string | null;
  /** Sentences of `note`. */
  readonly notes: ReadonlySet<string>;
  /** The command that is followed now, for `removals`. */
  remover: string | null;
  /** What was surely removed, whoever wrote it. */
  readonly removals: readonly Removal[];
}

/** A path, or shell pattern of paths, that a command took away. */
export interface Removal {
  readonly pattern: string;
  /** What took it away, for sentences: `rm`, `apt-get clean`. */
  readonly program: string;
}

/**
 * Paths that are no part of any layer: the kernel's, and those that the builder puts over the
 * image's own while a command runs (BuildKit `executor/oci`).
 */
const outside = ['/proc', '/sys', '/dev', '/etc/resolv.conf', '/etc/hosts'];

/** What is written here names sources of packages that no index here covers. */
const isSource = /^\/etc\/(apt\/sources\.list|yum\.repos\.d\/|apk\/repositories)/;

/** An empty layer over the state of the stage. */
export function draftLayer(world: World, state: StageState): DrivenDraft {
  const shadows = world.run.mounts
    .filter(({ target }) => target !== '')
    .map(({ target }) => absolutePath(target))
    .concat(outside);
  let contributions: readonly Contribution[] = [];
  let removed: readonly Contribution[] = [];
  return {
    world,
    state,
    doubtful: null,
    remover: null,
    removals: [],
    notes: new Set<string>(),
    note(sentence) {
      (this.notes as Set<string>).add(sentence);
    },
    get contributions() {
      return contributions;
    },
    get removed() {
      return removed;
    },
    write(written) {
      const path = absolutePath(written.path);
      if (shadows.some((shadow) => isWithin(path, shadow))) return;
      const contribution = this.doubtful === null ? written : doubted(written, this.doubtful);
      const replaced = (other: Contribution) =>
        (written.isFile && other.isFile && other.path === path) ||
        (written.renews !== undefined && written.renews === other.renews);
      if (isSource.test(path) && !this.state.foreignSources) {
        this.state = { ...this.state, foreignSources: true };
      }
      contributions = [
        ...contributions.filter((other) => !replaced(other)),
        contribution.path === path ? contribution : { ...contribution, path },
      ];
    },
    remove(pattern) {
      if (this.doubtful === null && this.remover !== null) {
        (this.removals as Removal[]).push({ pattern, program: this.remover });
      }
      const takes = fileMatcher(pattern);
      const folder = fixedFolder(pattern);
      const isNamed = contributions.some((one) => one.isFile && one.path === absolutePath(pattern));
      const isAbove = ({ path, kind }: Contribution) =>
        !isNamed && kind === 'files' && path !== '/' && isWithin(folder, path);
      const kept: Contribution[] = [];
      const gone: Contribution[] = [];
      for (const contribution of contributions) {
        if (!takes(contribution.path)) {
          kept.push(isAbove(contribution) ? thinned(contribution) : without(contribution, takes));
          continue;
        }
        if (this.doubtful !== null) kept.push(perhapsGone(contribution, this.doubtful));
        else gone.push(contribution);
      }
      contributions = kept;
      if (gone.length > 0) removed = [...removed, ...gone];
    },
    withdraw(renews) {
      const gone = contributions.filter((other) => other.renews === renews);
      if (gone.length === 0) return;
      contributions = contributions.filter((other) => other.renews !== renews);
      removed = [...removed, ...gone];
    },
    removeSome(pattern) {
      const takes = fileMatcher(pattern);
      const folder = fixedFolder(pattern);
      contributions = contributions.map((contribution) => {
        const isAbove = isWithin(folder, contribution.path);
        return isAbove || takes(contribution.path) ? thinned(contribution) : contribution;
      });
    },
    rename(from, to) {
      const takes = fileMatcher(from);
      contributions = contributions.map((contribution) =>
        takes(contribution.path)
          ? { ...contribution, path: absolutePath(to + contribution.path.slice(from.length)) }
          : contribution,
      );
    },
  };
}

/** Written by a command that may not run. */
function doubted(contribution: Contribution, command: string): Contribution {
  const { size } = contribution;
  if (size.high === null) return contribution;
  if (size.high <= tinyBytes)
    return { ...contribution, size: { ...size, basis: 'estimated', low: 0 } };
  return {
    ...contribution,
    size: unknown(
      `Whether \`${command}\` runs depends on a condition that the text does not decide.`,
    ),
  };
}

/** Removed by a command that may not run. */
function perhapsGone(contribution: Contribution, command: string): Contribution {
  const { size } = contribution;
  if (size.low === null || size.low === 0) return contribution;
  const reason = `${size.reason} \`${command}\`, which may not run, removes it.`;
  return { ...contribution, size: { ...size, basis: 'estimated', low: 0, reason } };
}

/** A part of it was removed. */
function thinned(contribution: Contribution): Contribution {
  const { size } = contribution;
  if (size.low === null || size.low === 0) return contribution;
  const reason = `${size.reason} A later command removes a part of it.`;
  return { ...contribution, size: { ...size, basis: 'estimated', low: 0, reason } };
}

/** Without those of its parts that lie at paths that are removed. */
function without(contribution: Contribution, takes: (path: string) => boolean): Contribution {
  const { within, size } = contribution;
  if (!within || size.bytes === null) return contribution;
  const gone = within.filter(({ path }) => takes(path));
  if (gone.length === 0) return contribution;
  const bytes = gone.reduce((all, part) => all + (part.bytes ?? 0), 0);
  return {
    ...contribution,
    within: within.filter((part) => !gone.includes(part)),
    size: lessened(size, bytes),
  };
}

function lessened(size: Size, bytes: number): Size {
  const less = (count: number | null) => (count === null ? null : Math.max(0, count - bytes));
  return { ...size, bytes: less(size.bytes), low: less(size.low), high: less(size.high) };
}
