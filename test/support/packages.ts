/** Small package indexes, made by hand. */

import assert from 'node:assert/strict';
import type { IndexContent } from '../../server/src/packages/indexContent.ts';
import { decodeIndex, encodeIndex } from '../../server/src/packages/indexText.ts';
import type { PackageFacts, PackageIndex } from '../../server/src/packages/packageIndex.ts';

/** A package: what it needs, as `a, b | c`, what it recommends, and what else is to be said. */
export interface Sketch extends Partial<Omit<PackageFacts, 'depends' | 'recommends'>> {
  readonly needs?: string;
  readonly likes?: string;
  readonly provides?: string;
}

const groups = (text = '') =>
  text
    .split(', ')
    .filter(Boolean)
    .map((group) => group.split(' | '));

/** Each package has a million bytes of files unless it says otherwise, all measured. */
export function smallIndex(
  sketches: Readonly<Record<string, Sketch>>,
  more: Partial<IndexContent> = {},
): PackageIndex {
  const provides = new Map<string, string[]>();
  const packages = Object.entries(sketches).map(
    ([name, { needs, likes, provides: gives, ...rest }]) => {
      for (const virtual of gives?.split(', ') ?? []) {
        provides.set(virtual, [...(provides.get(virtual) ?? []), name]);
      }
      return {
        name,
        files: 1_000_000,
        documentation: 0,
        control: 0,
        python: 0,
        templates: false,
        extra: 0,
        archive: 300_000,
        measured: true,
        essential: false,
        ...rest,
        depends: groups(needs),
        recommends: groups(likes),
      };
    },
  );
  const terms = { fixed: 930_000, perPackage: 2600, debconf: 810_000, bytecode: 1 };
  const decoded = decodeIndex(
    encodeIndex({
      key: { distribution: 'debian', suite: 'bookworm', arch: 'amd64' },
      family: 'deb',
      date: '2026-11-19',
      source: 'a test',
      partial: false,
      terms: { plain: terms, slim: terms },
      lists: 20_000_000,
      base: ['libc6'],
      provides,
      packages: [...packages, ...('libc6' in sketches ? [] : smallIndexBase)],
      ...more,
    }),
  );
  assert.ok(decoded.ok);
  return decoded.index;
}

const smallIndexBase: readonly PackageFacts[] = [
  {
    name: 'libc6',
    files: 12_000_000,
    documentation: 0,
    control: 0,
    python: 0,
    templates: false,
    extra: 0,
    archive: 3_000_000,
    measured: true,
    essential: true,
    depends: [],
    recommends: [],
  },
];
