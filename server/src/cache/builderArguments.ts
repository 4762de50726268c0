/**
 * Build arguments that the builder itself reads without an ARG, and that are part of what a step is
 * (`frontend/dockerui` config.go).
 */

/** Their names. */
export const builderArguments = [
  'BUILDKIT_SANDBOX_HOSTNAME',
  'BUILDKIT_CACHE_MOUNT_NS',
  'SOURCE_DATE_EPOCH',
] as const;

type Arguments = ReadonlyMap<string, string> | undefined;

/** The name that the machine has for a RUN; null: the default, which is in no key. */
export function sandboxHostname(given: Arguments): string | null {
  return given?.get('BUILDKIT_SANDBOX_HOSTNAME') || null;
}

/** What stands before the names of cache mounts; `''`: nothing. */
export function cacheNamespace(given: Arguments): string {
  return given?.get('BUILDKIT_CACHE_MOUNT_NS') ?? '';
}

/** The time that a WORKDIR gives the folders that it makes, as the number that it is; null: now. */
export function sourceDateEpoch(given: Arguments): string | null {
  const text = given?.get('SOURCE_DATE_EPOCH');
  if (!text) return null;
  return /^[+-]?\d{1,15}$/.test(text) ? String(Number(text)) : text;
}
