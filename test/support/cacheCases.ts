/** The recorded two-build experiments of `cache_status.json`, laid out in folders. */

import {
  chmodSync,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export interface CacheCase {
  readonly name: string;
  readonly why: string;
  readonly before: Experiment;
  readonly after: Experiment;
  readonly stepsAfter: readonly CacheStep[];
  /** Where it differs once the builder does not hold the files of the build before. */
  readonly stepsAfterFreshContext?: readonly CacheStep[];
}

export interface CacheStep {
  /** `2/4`, `b 1/2`, `stage-1 2/3`. */
  readonly step: string;
  readonly text: string;
  readonly status: 'cached' | 'run' | 'error';
}

export interface Experiment {
  readonly dockerfile: string;
  readonly files: readonly CaseFile[];
  readonly dockerfileIgnore?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** `''`: of all stages; else names of stages. */
  readonly noCache?: string;
}

interface CaseFile {
  readonly path: string;
  readonly type?: 'dir' | 'symlink' | 'hardlink';
  readonly content?: string;
  readonly target?: string;
  readonly mode?: string;
  /** Seconds. */
  readonly mtime?: number;
}

/**
 * Makes the folder hold this experiment and nothing else, in `build` and `context`, as it was for the
 * builder: what is no different is written with the same times.
 */
export function layOut(root: string, { dockerfile, files, dockerfileIgnore }: Experiment): void {
  const beside: readonly CaseFile[] = [
    { path: 'build/Dockerfile', content: dockerfile },
    ...(dockerfileIgnore === undefined
      ? []
      : [{ path: 'build/Dockerfile.dockerignore', content: dockerfileIgnore }]),
  ];
  const inside = files.map((file) => {
    const target = file.type === 'hardlink' ? { target: `context/${file.target}` } : {};
    return { ...file, path: `context/${file.path}`, ...target };
  });
  const all = [...beside, ...inside];
  const kept = new Set(['context', ...all.flatMap(({ path }) => [path, ...parents(path)])]);
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    // What a test keeps beside them stays.
    if (!/^(build|context)\b/.test(entry)) continue;
    if (!kept.has(entry)) rmSync(join(root, entry), { recursive: true, force: true });
  }
  mkdirSync(join(root, 'context'), { recursive: true });
  for (const file of all) place(root, file);
  // Last, since what is put into a folder moves its time.
  for (const file of all) {
    if (file.mtime !== undefined && file.type === 'dir') setTime(join(root, file.path), file.mtime);
  }
}

function place(root: string, file: CaseFile): void {
  const path = join(root, file.path);
  for (const folder of parents(file.path).reverse()) {
    if (existsSync(join(root, folder))) continue;
    mkdirSync(join(root, folder));
    chmodSync(join(root, folder), 0o755);
  }
  const mode = file.mode === undefined ? null : Number.parseInt(file.mode, 8);
  switch (file.type) {
    case 'dir':
      mkdirSync(path, { recursive: true });
      chmodSync(path, mode ?? 0o755);
      return;
    case 'symlink':
      rmSync(path, { recursive: true, force: true });
      symlinkSync(file.target ?? '', path);
      lutimesSync(path, timeOf(file.target ?? ''), timeOf(file.target ?? ''));
      return;
    case 'hardlink':
      rmSync(path, { force: true });
      linkSync(join(root, file.target ?? ''), path);
      return;
    default: {
      const content = file.content ?? '';
      rmSync(path, { recursive: true, force: true });
      writeFileSync(path, content);
      chmodSync(path, mode ?? 0o644);
      setTime(path, file.mtime ?? timeOf(content));
    }
  }
}

function parents(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...parents(folder)];
}

function setTime(path: string, seconds: number): void {
  if (statSync(path).mtimeMs !== seconds * 1000) utimesSync(path, seconds, seconds);
}

/** As in the experiments: other contents, other times, and equal contents equal ones. */
function timeOf(content: string): number {
  let hash = 0;
  for (const char of content) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 100_000_000;
  return 1_500_000_000 + hash;
}
