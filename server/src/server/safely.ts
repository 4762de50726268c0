/** The wrapper around every handler: a bug in one feature is a line in the log, never the end of the server. */

import {
  type CancellationToken,
  LSPErrorCodes,
  type RemoteConsole,
  ResponseError,
} from 'vscode-languageserver';

export type Handler<P, R> = (
  params: P,
  token: CancellationToken,
) => Promise<R | ResponseError<never>>;

/** Thrown by a handler whose document moved on while it waited; the client asks again by itself. */
export class Outdated extends Error {}

/**
 * Answers `neutral` and logs the method's name when `run` throws, and LSP's own errors when the
 * request was cancelled or its document changed meanwhile.
 */
export function safely<P, R>(
  log: Pick<RemoteConsole, 'error'>,
  method: string,
  neutral: R,
  run: (params: P, token: CancellationToken) => R | Promise<R>,
): Handler<P, R> {
  return async (params, token) => {
    if (token.isCancellationRequested) return cancelled();
    try {
      const result = await run(params, token);
      return token.isCancellationRequested ? cancelled() : result;
    } catch (error) {
      if (error instanceof Outdated) {
        return new ResponseError(LSPErrorCodes.ContentModified, 'the document changed meanwhile');
      }
      log.error(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
      return neutral;
    }
  };
}

function cancelled(): ResponseError<never> {
  return new ResponseError(LSPErrorCodes.RequestCancelled, 'the request was cancelled');
}
