/**
 * What install scripts of well-known packages do. A script may write anything, so a package with one
 * adds something unknown, unless it is known here that its script adds nothing worth counting.
 */

/** By package: what its script does instead of compiling or downloading. */
const harmless: ReadonlyMap<string, string> = new Map([
  ['@apollo/protobufjs', 'prints a note'],
  ['@biomejs/biome', 'checks that the package of the platform is there'],
  ['@firebase/util', 'writes a few bytes of settings'],
  ['@nestjs/core', 'prints a note'],
  ['@parcel/watcher', 'takes the package of the platform'],
  ['@scarf/scarf', 'reports the installation'],
  ['@sentry/cli', 'takes the package of the platform'],
  ['@swc/core', 'checks that the package of the platform is there'],
  ['@tailwindcss/oxide', 'takes the package of the platform'],
  ['bootstrap-vue', 'prints a note'],
  ['core-js', 'prints a note'],
  ['core-js-pure', 'prints a note'],
  ['es5-ext', 'prints a note'],
  ['esbuild', 'links the program of the package of the platform'],
  ['fsevents', 'is for macOS'],
  ['lmdb', 'takes the package of the platform'],
  ['husky', 'writes a few lines of settings'],
  ['lefthook', 'takes the package of the platform'],
  ['msgpackr-extract', 'takes the package of the platform'],
  ['msw', 'writes nothing without settings for it'],
  ['nice-napi', 'is optional, and nothing is kept when it fails'],
  ['nx', 'checks that the package of the platform is there'],
  ['oxc-resolver', 'checks that the package of the platform is there'],
  ['protobufjs', 'prints a note'],
  ['sharp', 'takes the package of the platform'],
  ['simple-git-hooks', 'writes nothing without a repository'],
  ['styled-components', 'prints a note'],
  ['svelte-preprocess', 'prints a note'],
  ['unrs-resolver', 'checks that the package of the platform is there'],
  ['vue-demi', 'writes a few lines'],
  ['workerd', 'links the program of the package of the platform'],
  ['yorkie', 'writes nothing without a repository'],
]);

/** Scripts that put programs elsewhere, so that what lies in `node_modules` does not tell. */
const elsewhere = new Set(['cypress', 'playwright', 'playwright-chromium', 'puppeteer']);

/** What the script of a package does, in a few words; null: it may compile or download. */
export function harmlessScript(name: string, version: string): string | null {
  // Before 0.33 sharp downloaded its library.
  if (name === 'sharp' && /^0\.([0-2]?\d|3[0-2])\./.test(version)) return null;
  return harmless.get(name) ?? null;
}

/** Does its script write outside the folder of the package? */
export function writesElsewhere(name: string): boolean {
  return elsewhere.has(name);
}
