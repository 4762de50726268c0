/** The request that fetches package indexes: what is wanted, progress, and the answer. */

import type { CancellationToken, WorkDoneProgressReporter } from 'vscode-languageserver';
import { neededPackages } from '../analysis/neededPackages.ts';
import type { Analysis } from '../analysis.ts';
import type { UpdatePackagesResult } from '../protocol.ts';
import type { Settings } from '../settings.ts';

/** The machine's part: fetches and stores, says what happened, never rejects. */
export interface PackageUpdates {
  /** Folder of what was fetched; null: there is none. */
  useFolder(folder: string | null): void;
  update(params: {
    readonly names: readonly string[];
    readonly mirrors: Settings['mirrors'];
    readonly signal: AbortSignal;
    /** `done` goes from 0 to 1. */
    readonly onProgress: (message: string, done: number) => void;
  }): Promise<{
    readonly message: string;
    readonly updated: readonly { readonly name: string }[];
    readonly failed: readonly { readonly name: string }[];
    readonly cancelled: boolean;
  }>;
}

/** In Restricted Mode nothing is contacted, whoever asks. */
export const refusedInRestrictedMode = answer(
  'Package data is not fetched in Restricted Mode. Trust the workspace to use this command.',
);

/** The server was started by something that fetches nothing. */
export const nothingFetches = answer('This language server cannot fetch package data.');

const nothingNeeded = answer(
  'No open Dockerfile installs packages of a release that is known, so there is nothing to fetch.',
);

/** Names of the indexes that the analyses need, each once. */
export function namesOf(analyses: readonly Analysis[]): readonly string[] {
  const names = analyses
    .flatMap(neededPackages)
    .map(({ distribution, suite, arch }) => `${distribution}/${suite}/${arch}`);
  return [...new Set(names)];
}

/** Fetches the indexes one after another, telling the client how far it is. */
export async function updatePackages(
  updates: PackageUpdates,
  names: readonly string[],
  mirrors: Settings['mirrors'],
  progress: Pick<WorkDoneProgressReporter, 'begin' | 'report' | 'done'>,
  token: CancellationToken,
): Promise<UpdatePackagesResult> {
  if (names.length === 0) return nothingNeeded;
  const controller = new AbortController();
  const listening = token.onCancellationRequested(() => controller.abort());
  progress.begin('Updating package data', 0, undefined, true);
  try {
    const { message, updated, failed, cancelled } = await updates.update({
      names,
      mirrors,
      signal: controller.signal,
      onProgress: (text, done) => progress.report(Math.round(100 * done), text),
    });
    const nameOf = ({ name }: { readonly name: string }) => name;
    return { message, updated: updated.map(nameOf), failed: failed.map(nameOf), cancelled };
  } finally {
    progress.done();
    listening.dispose();
  }
}

function answer(message: string): UpdatePackagesResult {
  return { message, updated: [], failed: [], cancelled: false };
}
