/** Compose files as values. Anyone may have written them: what is too much is not read. */

import {
  CORE_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  loadAll,
  mergeTag,
} from 'js-yaml';
import { type Json, objectOf } from './answersJson.ts';

/** Bytes of a Compose file that are read at most. */
export const longestCompose = 262_144;
const limits = { maxDepth: 40, maxAliases: 500, maxTotalMergeKeys: 5000 };

/** `!reset` takes away what an earlier file says, `!override` replaces it as a whole. */
const schema = CORE_SCHEMA.withTags(
  mergeTag,
  defineScalarTag('!reset', { resolve: () => null, identify: () => false }),
  defineSequenceTag('!reset', { ...listTag(), finalize: () => null }),
  defineMappingTag('!reset', { ...mappingTag(), finalize: (): Json => ({}) }),
  defineScalarTag('!override', { resolve: (text) => text, identify: () => false }),
  defineSequenceTag('!override', listTag()),
  defineMappingTag('!override', mappingTag()),
);

function listTag() {
  return {
    create: (): unknown[] => [],
    addItem: (list: unknown[], item: unknown) => {
      list.push(item);
    },
    identify: () => false,
  };
}

function mappingTag() {
  return {
    create: () => new Map<unknown, unknown>(),
    addPair: (map: Map<unknown, unknown>, key: unknown, value: unknown) => {
      map.set(key, value);
      return '';
    },
    has: (map: Map<unknown, unknown>, key: unknown) => map.has(key),
    keys: (map: Json) => Object.keys(map),
    get: (map: Json, key: unknown) => map[String(key)],
    finalize: (map: Map<unknown, unknown>): Json => Object.fromEntries(map),
    identify: () => false,
  };
}

/** The documents of a file, each an object; null: it is no YAML, or too much of it. Never throws. */
export function composeDocuments(text: string): readonly Json[] | null {
  if (text.length > longestCompose) return null;
  try {
    return loadAll(text, { schema, ...limits }).map(objectOf);
  } catch {
    return null;
  }
}
