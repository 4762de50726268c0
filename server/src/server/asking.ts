/** Requests that ask others, each because a user did: mirrors for package data, servers for lengths. */

import { ErrorCodes, ResponseError } from 'vscode-languageserver';
import { askDownloadsRequest, updatePackagesRequest } from '../protocol.ts';
import { readSettings } from '../settings.ts';
import { askDownloads, notAskedInRestrictedMode, nothingAsks } from './downloadLengths.ts';
import {
  namesOf,
  nothingFetches,
  refusedInRestrictedMode,
  updatePackages,
} from './packageUpdate.ts';
import type { Open, ServerState } from './serverState.ts';

/** Answers *Update Package Data* and *Ask for Download Sizes*. */
export function handleAsking(state: ServerState): void {
  const { connection, ports, analyzer } = state;
  connection.onRequest(updatePackagesRequest, async (params, token) => {
    if (state.ended) return shutDown();
    if (!state.client.trusted) return refusedInRestrictedMode;
    const updates = ports.packageUpdates;
    if (!updates) return nothingFetches;
    const open: Open[] = [];
    for (const uri of params.documents ?? state.openUris) {
      const found = await state.settledAnalysisOf(uri);
      if (found) open.push(found);
    }
    const needed = namesOf(open.map(({ analysis }) => analysis));
    const names = [...new Set([...needed, ...(params.indexes ?? [])])];
    const mirrors = open[0]?.settings.mirrors ?? readSettings(state.client.settings).mirrors;
    const progress = connection.window.attachWorkDoneProgress(params.workDoneToken);
    const result = await updatePackages(updates, names, mirrors, progress, token);
    if (result.updated.length > 0) analyzer.packagesChanged();
    return result;
  });
  connection.onRequest(askDownloadsRequest, async ({ textDocument }, token) => {
    if (state.ended) return shutDown();
    if (!state.client.trusted) return notAskedInRestrictedMode;
    const ask = ports.askLength;
    const found = ask && (await state.settledAnalysisOf(textDocument.uri));
    return found
      ? askDownloads(found.analysis, { ...ports, askLength: ask }, analyzer, token)
      : nothingAsks;
  });
}

/** The answer to a request that comes after the client has asked to shut down. */
export function shutDown(): ResponseError<never> {
  return new ResponseError<never>(ErrorCodes.InvalidRequest, 'the server is shut down');
}
