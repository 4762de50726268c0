/**
 * The layer of one RUN while its commands are followed, and what flows from one RUN to the next.
 * `runSize.ts` drives; each program's file beside it says what that program writes or removes.
 */

import type { Fact } from '../../context/fact.ts';
import type { BaseFacts, Distribution } from '../../images/baseFacts.ts';
import type { Platform, ResolvedRun, Step } from '../../model/plan.ts';
import type { IndexKey, PackageIndex } from '../../packages/packageIndex.ts';
import type { InstalledKind, JavaScriptLock, Measured } from '../../projects/projectFacts.ts';
import type { ShellCommand } from '../../shell/commands.ts';
import type { Size, SizePart } from '../size.ts';

/** Something that a RUN writes, all of it at or below one path. */
export interface Contribution {
  /** Absolute; `/` where the place is not known. Removals and mounts cancel by it. */
  readonly path: string;
  /** A figure, or unknown with its reason. */
  readonly size: Size;
  /** What it is, in a few words: `packages: curl and 25 more`. */
  readonly label: string;
  /** What advice and sums tell apart. */
  readonly kind: 'packages' | 'lists' | 'archives' | 'cache' | 'dependencies' | 'files' | 'other';
  /** One file, or a tree that is stored as a whole: what is written to the same path replaces it. */
  readonly isFile?: boolean;
  /** The path is one file or a folder: nobody can tell. */
  readonly isPerhapsFile?: boolean;
  /**
   * Of it, what is known to lie at or below paths further down, disjoint: `/usr/share/doc`. Removals
   * there take just that away.
   */
  readonly within?: readonly Stored[];
  /** Names what its program has one figure for: the next one with this name takes its place. */
  readonly renews?: string;
  /** The largest things in it, for whoever wants to know more. */
  readonly details?: readonly SizePart[];
  /** Where it is fetched from; its length can be asked for. */
  readonly address?: string;
}

/** Packages of one manager in the image so far. Compared by identity: equal sets are one object. */
export interface InstalledPackages {
  readonly names: ReadonlySet<string>;
  /** Those that were asked for by name; `autoremove` keeps them. */
  readonly manual: ReadonlySet<string>;
  /** Packages that are there if a command ran of which the text does not say whether it does. */
  readonly perhaps?: ReadonlySet<string>;
}

/** What the next RUN needs to know; replaced, never changed, and the same object while nothing changed. */
export interface StageState {
  /** What the chain of stages stands on. */
  readonly bottom: 'scratch' | 'image';
  readonly distribution: Distribution | null;
  /** Docker's word for the architecture. */
  readonly arch: string;
  /** Null: not known, `packagesReason` says why. */
  readonly installed: InstalledPackages | null;
  readonly packagesReason: string;
  /**
   * While `installed` is null and this is not: the image has the packages of its release's plain
   * image, these on top, and whoever reads the index makes `installed` of that.
   */
  readonly basePackages: readonly string[] | null;
  /** Package sources were added that no index here covers: unknown names may come from there. */
  readonly foreignSources: boolean;
  /** Package lists lie in the image (an earlier line updated them and did not remove them). */
  readonly hasLists: boolean;
  /** apt is told to leave recommended packages out (`APT::Install-Recommends`). */
  readonly leavesRecommended?: boolean;
  /** A file of apt's settings was copied in whose text nobody has read. */
  readonly unreadAptSettings?: string;
  /** An earlier command removed debconf's database, so that none is stored again. */
  readonly lacksDebconf?: boolean;
  /** Of the package sources that were added, none can replace packages of the distribution. */
  readonly ownSources?: boolean;
  /** The image's rule that throws downloaded packages away is gone. */
  readonly keepsArchives: boolean;
  /** Where symbolic links were made: what is changed through them lies somewhere else. */
  readonly links?: readonly string[];
  /** Files of known size that the lines so far have put into the image, by path, for those that change them again. */
  readonly stored: readonly Stored[];
}

export interface Stored {
  /** A file, or a folder with all in it that has no entry of its own. */
  readonly path: string;
  /** Bytes; null: not known. */
  readonly bytes: number | null;
  /** The figure behind the bytes where it is not exact. */
  readonly size?: Size;
  /** The path is surely one file. */
  readonly isFile?: boolean;
  /** The path is one file or a folder: nobody can tell. */
  readonly isPerhapsFile?: boolean;
  /** No file of the folder without an entry of its own has more bytes. */
  readonly largest?: number;
}

/** What comes from outside, as far as it is known now. A pending fact makes a pending figure. */
export interface SizeFacts {
  base(reference: string, platform: Platform): Fact<BaseFacts>;
  packages(key: IndexKey): Fact<PackageIndex>;
  /** Dependencies of the project that a step installs; the folder is where its lock file lies in the image. */
  lock(step: Step, folder: string, manager?: JavaScriptLock['manager']): Fact<JavaScriptLock>;
  /** What is installed on this machine under a folder of the build context that a step would make: `node_modules`, a virtual environment, a vendor folder. */
  installed(step: Step, folder: string, what?: InstalledKind): Fact<Measured>;
  /** Bytes behind an address, when the user asked for them. */
  download(address: string): Fact<number>;
}

/** All that a program's file may look at. */
export interface World {
  readonly step: Step;
  readonly run: ResolvedRun;
  readonly platform: Platform;
  readonly facts: SizeFacts;
}

/** The layer as it grows. */
export interface Draft {
  readonly world: World;
  state: StageState;
  /** What still lies in the layer. */
  readonly contributions: readonly Contribution[];
  /** What was written and removed again by the same RUN, for the hover. */
  readonly removed: readonly Contribution[];
  /** Adds; what lies below a mount of the RUN is left out at once. */
  write(contribution: Contribution): void;
  /**
   * Takes away what lies at or below the path. A shell pattern is matched part by part (`*` at its
   * end: all in the folder but what begins with a dot).
   */
  remove(path: string): void;
  /** Takes away the figure of that name (`renews`), which counts as removed by the same RUN. */
  withdraw(renews: string): void;
  /** Takes away a part of what lies at or below the path; how much is not known. */
  removeSome(path: string): void;
  /** Adds a sentence to what is said of the RUN's size, once. */
  note(sentence: string): void;
  /** What this RUN wrote at or below one path lies at or below another from now on. */
  rename(from: string, to: string): void;
}

/** What a program does; a name that no file knows adds something unknown. */
export type Handler = (command: ShellCommand, draft: Draft) => void;
