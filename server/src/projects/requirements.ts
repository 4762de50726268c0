/** What Python packages need of each other, as their metadata and command lines say it (PEP 508). */

import { plainName } from './pythonSizes.ts';

export interface Requirement {
  /** As PEP 503 writes it. */
  readonly name: string;
  /** Extras of that package that are wanted. */
  readonly extras: readonly string[];
  /** The one version that is asked for; null: any, or a range of them. */
  readonly version: string | null;
}

/** Reads `demo`, `demo[extra]==1.0`, `demo (>=2)`; null where no name begins it. */
export function readRequirement(text: string): Requirement | null {
  const [, name, extras = '', rest = ''] =
    /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?([^;]*)/.exec(text) ?? [];
  if (!name) return null;
  const [, version = null] = /^[\s(]*={2,3}\s*([\w.!+-]+)[\s)]*$/.exec(rest) ?? [];
  return {
    name: plainName(name),
    extras: extras
      .split(',')
      .map((one) => plainName(one.trim()))
      .filter((one) => one !== ''),
    version,
  };
}

/**
 * What a package needs by its METADATA, for extras only where those are wanted. What another marker
 * keeps away is named all the same; it lies nowhere then.
 */
export function requirementsOf(
  metadata: string,
  extras: readonly string[] = [],
): readonly Requirement[] {
  const [head = ''] = metadata.split(/\r?\n\r?\n/, 1);
  return [...head.matchAll(/^Requires-Dist:([^\r\n]*)/gm)].flatMap(([, text = '']) => {
    const [, extra] = /\bextra\s*==\s*['"]([^'"]*)['"]/.exec(text) ?? [];
    if (extra !== undefined && !extras.includes(plainName(extra))) return [];
    return readRequirement(text) ?? [];
  });
}
