/** Where package managers of this machine keep what they fetched before. */

import { homedir, platform } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';

/** npm's content-addressed store, by its variable or at its usual place; whether it is there is not looked at. */
export function npmCacheFolder(): string {
  const { npm_config_cache, NPM_CONFIG_CACHE, LOCALAPPDATA } = process.env;
  const named = npm_config_cache ?? NPM_CONFIG_CACHE;
  if (named) return join(resolve(named), '_cacache');
  const own =
    platform() === 'win32' && LOCALAPPDATA
      ? join(LOCALAPPDATA, 'npm-cache')
      : join(homedir(), '.npm');
  return join(own, '_cacache');
}
