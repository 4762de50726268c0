/**
 * What the build context says of the dependencies that a RUN installs: its lock file is found by
 * following the COPY lines above, read, and its packages get the sizes that this machine knows.
 *
 * Like the other facts it never waits; while a newer answer is on its way the last one stands.
 */

import type { BuildContext } from '../context/buildContext.ts';
import type { Fact } from '../context/fact.ts';
import type { FileSystem } from '../context/fileSystem.ts';
import type { Plan, Step } from '../model/plan.ts';
import { runsOn } from '../projects/fits.ts';
import { lockNames, readLock } from '../projects/locks.ts';
import { withInstalledSizes } from '../projects/nodeModules.ts';
import { type PackageSize, type SizeSources, withSizes } from '../projects/packageSize.ts';
import type {
  InstalledKind,
  JavaScriptLock,
  LockedPackage,
  Measured,
} from '../projects/projectFacts.ts';
import { copyOf, firstFile, type Opened, textOf } from './candidateFiles.ts';
import { confined } from './confined.ts';
import { BackgroundFact } from './facts.ts';
import { type Candidate, candidatesFor } from './imageSources.ts';
import { pinnedSize, wheelsSize } from './pythonFacts.ts';

/** The machine's part. */
export interface ProjectPorts {
  /** npm's cache (`_cacache`), absolute; absent or null: it is not read. */
  readonly npmCache?: string | null;
  /** Sizes of packages that registries gave when a user asked for them, by integrity. */
  readonly storedSizes?: () => Promise<ReadonlyMap<string, PackageSize>>;
}

/** What the facts of a document look at. */
export interface ProjectSubject {
  readonly plan: Plan;
  /** Null while it is being looked for, and where there is none; `reason` says so then. */
  readonly context: BuildContext | null;
  readonly reason: string;
  readonly pending: boolean;
  /** Restricted Mode: nothing outside of the workspace is read. */
  readonly restricted: boolean;
}

/** The facts of one document's projects; they live as long as the document is open. */
export class ProjectFacts {
  readonly #sources: SizeSources;
  readonly #onChanged: () => void;
  #subject: ProjectSubject | null = null;
  #plans: readonly Plan[] = [];
  #facts = new Map<string, BackgroundFact<unknown>>();
  #generation = 0;

  constructor(sources: SizeSources, onChanged: () => void) {
    this.#sources = sources;
    this.#onChanged = () => {
      this.#generation += 1;
      onChanged();
    };
  }

  /** Another number whenever an answer may be another one. */
  get generation(): number {
    return this.#generation;
  }

  /** What the document is now. Answers about another context are dropped. */
  take(subject: ProjectSubject): void {
    const before = this.#subject;
    this.#subject = subject;
    if (this.#plans[0] !== subject.plan) this.#plans = [subject.plan, ...this.#plans].slice(0, 2);
    const isSame =
      before?.context === subject.context &&
      before.restricted === subject.restricted &&
      before.pending === subject.pending &&
      before.reason === subject.reason;
    if (isSame) return;
    this.#generation += 1;
    if (before?.context === subject.context && before?.restricted === subject.restricted) return;
    this.stop();
    this.#facts.clear();
  }

  /** The lock file that lies in a folder of the image when the step runs. */
  lock(
    step: Step,
    folder: string,
    manager: JavaScriptLock['manager'] = 'npm',
  ): Fact<JavaScriptLock> {
    return this.#ask(
      'lock',
      step,
      lockNames[manager].map((name) => `${folder}/${name}`),
      (found) => this.#readLock(manager, found, folder),
    );
  }

  /**
   * What Python packages weigh that a step installs: wheels of a file, a pattern or a folder of the
   * image, all of them or the ones for some requirements, or the pins of a requirements file as a virtual environment beside it has them.
   */
  installed(step: Step, path: string, what: InstalledKind = 'wheels'): Fact<Measured> {
    if (what === 'requirements') {
      return this.#ask(what, step, [path], (found) => (opened) => pinnedSize(opened, found));
    }
    const place = path.replace(/\/[^/]*\*[^/]*$/, '');
    const arch = this.#plans[0]?.options.platform.arch ?? '';
    const wanted = typeof what === 'object' ? what.wheelsFor : null;
    return this.#ask(
      `wheels ${arch} ${JSON.stringify(wanted)}`,
      step,
      [place],
      (found) => (opened) => wheelsSize(opened, found, arch, wanted),
    );
  }

  /** Packages of the lock files so far that a registry could tell the sizes of. */
  unsized(): readonly LockedPackage[] {
    const platform = this.#plans[0]?.options.platform;
    return [...this.#facts.values()].flatMap(({ held: { fact } }) => {
      const lock = fact.state === 'known' ? (fact.value as Partial<JavaScriptLock>) : {};
      return (lock.packages ?? []).filter(
        (one) => one.unpacked === null && (!platform || runsOn(one, { platform, libc: null })),
      );
    });
  }

  /** Files changed: what they may decide on is looked at again. */
  filesChanged(paths: readonly string[]): void {
    if (paths.some((path) => concerned.test(path))) this.revalidate();
  }

  revalidate(): void {
    for (const fact of this.#facts.values()) fact.refresh();
  }

  get busy(): boolean {
    return this.#pending().length > 0;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending());
  }

  stop(): void {
    for (const fact of this.#facts.values()) fact.stop();
  }

  #pending(): readonly Promise<void>[] {
    return [...this.#facts.values()]
      .map(({ settling }) => settling)
      .filter((promise) => promise !== null);
  }

  /** A question about paths of the image, asked once for all steps that find the same there. */
  #ask<T>(
    kind: string,
    step: Step,
    paths: readonly string[],
    read: (found: readonly Candidate[]) => (context: Opened) => Promise<Fact<T>>,
  ): Fact<T> {
    const subject = this.#subject;
    if (!subject || (subject.pending && !subject.context)) return { state: 'pending' };
    const { context, restricted } = subject;
    if (!context) return { state: 'unavailable', reason: subject.reason };
    const plan = this.#plans.find((one) => hasStep(one, step));
    if (!plan) return { state: 'pending' };
    const found = paths.flatMap((path) => candidatesFor(plan, step, path));
    const key = JSON.stringify([kind, paths, found]);
    let fact = this.#facts.get(key) as BackgroundFact<T> | undefined;
    if (!fact) {
      if (this.#facts.size >= mostFacts) this.#dropOldest();
      const { files: all, decompressors } = this.#sources;
      const sources = restricted
        ? { files: all, decompressors, npmCache: null, known: new Map() }
        : this.#sources;
      const files = confined(this.#sources.files, [context.root]);
      const job = read(found);
      fact = new BackgroundFact<T>(
        (signal) => job({ context, files, sources, signal }),
        this.#onChanged,
        isSame,
      );
      this.#facts.set(key, fact as BackgroundFact<unknown>);
    }
    return fact.held.fact;
  }

  #dropOldest(): void {
    const [oldest] = this.#facts;
    if (!oldest) return;
    oldest[1].stop();
    this.#facts.delete(oldest[0]);
  }

  #readLock(manager: JavaScriptLock['manager'], found: readonly Candidate[], folder: string) {
    return async (opened: Opened): Promise<Fact<JavaScriptLock>> => {
      const { context, files, sources, signal } = opened;
      const file = await firstFile(opened, found);
      if (!file) return absent(opened, found, manager, folder);
      const content = await textOf(files, `${context.root}/${file}`);
      if (!content.ok) {
        return { state: 'unavailable', reason: `${file} cannot be read (${content.code}).` };
      }
      const project = `${context.root}/${file}`.replace(/\/[^/]*$/, '');
      const manifest = manager === 'yarn' ? await manifestOf(files, project) : null;
      const reading = readLock(manager, content.text, file, manifest);
      if (!reading.ok) return { state: 'unavailable', reason: reading.reason };
      const { packages } = reading.lock;
      const onDisk = await withInstalledSizes(packages, files, project, signal);
      await sources.stored?.().catch(() => {});
      const sized = await withSizes(onDisk, sources, signal);
      return { state: 'known', value: { ...reading.lock, packages: sized } };
    };
  }
}

const mostFacts = 64;

/** Files whose change may change an answer. */
const concerned =
  /[\\/](?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|\.package-lock\.json|\.dockerignore|requirements[^\\/]*\.txt|node_modules|[^\\/]+\.whl|[^\\/]+\.dockerignore|vendor|RECORD)$/;

function hasStep(plan: Plan, step: Step): boolean {
  return plan.stages.some(({ steps, triggers }) => steps.includes(step) || triggers.includes(step));
}

async function absent(
  { context, signal }: Opened,
  found: readonly Candidate[],
  manager: JavaScriptLock['manager'],
  folder: string,
): Promise<Fact<JavaScriptLock>> {
  for (const candidate of found) {
    const copy = await context.copy(copyOf(candidate), signal);
    if (copy.kind === 'known' && copy.ignored.length > 0) {
      const reason = `The ignore file drops ${candidate.path}, so it is not in the image.`;
      return { state: 'unavailable', reason };
    }
  }
  const [, name = lockNames[manager][0] ?? ''] = lockNames[manager];
  const reason = `No ${name} of the build context lies in ${folder} when this runs, so the versions are chosen during the build.`;
  return { state: 'unavailable', reason };
}

/** The parsed `package.json` of a project; null where there is none that can be read. */
async function manifestOf(files: FileSystem, project: string): Promise<unknown> {
  const content = await textOf(files, `${project}/package.json`);
  if (!content.ok) return null;
  try {
    return JSON.parse(content.text);
  } catch {
    return null;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
