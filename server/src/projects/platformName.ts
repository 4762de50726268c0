/** Platforms that names of packages tell, for lock files that do not say them: `@esbuild/linux-x64`. */

const systems = new Set(
  'android darwin freebsd linux netbsd openbsd sunos win32 aix openharmony'.split(' '),
);
const cpus = new Set(
  'x64 arm64 arm ia32 ppc64 s390x riscv64 loong64 mips64el universal wasm32'.split(' '),
);
const libcs: ReadonlyMap<string, string> = new Map([
  ['musl', 'musl'],
  ['musleabihf', 'musl'],
  ['linuxmusl', 'musl'],
  ['gnu', 'glibc'],
  ['gnueabihf', 'glibc'],
  ['glibc', 'glibc'],
]);

/** What the name restricts the package to; lists are empty where it says nothing. */
export function platformOfName(name: string): {
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly libc: readonly string[];
} {
  if (name === 'fsevents') return { os: ['darwin'], cpu: [], libc: [] };
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const has = (word: string) => words.includes(word);
  const os = words.map((word) =>
    word === 'linuxmusl' ? 'linux' : word === 'windows' ? 'win32' : word,
  );
  const system = os.find((word) => systems.has(word));
  if (system === undefined) return has('wasm32') ? { os: [], cpu: ['wasm32'], libc: [] } : nowhere;
  const cpu = words.find((word) => cpus.has(word));
  const libc = words.map((word) => libcs.get(word)).find((word) => word !== undefined);
  return {
    os: [system],
    cpu: cpu === undefined || cpu === 'universal' ? [] : [cpu],
    libc: libc === undefined ? [] : [libc],
  };
}

const nowhere = { os: [], cpu: [], libc: [] } as const;
