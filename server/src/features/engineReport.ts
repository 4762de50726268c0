/** What an engine says, as the reports carry it. */

import type { Analysis } from '../analysis.ts';
import type { CompareReport, EngineReport } from '../protocol.ts';
import type { Document } from './places.ts';

/** The engine, and the image in it that was built from the Dockerfile. */
export function engineReport({ engine }: Analysis): EngineReport {
  const { kind, info, reason } = engine.state;
  return {
    state: kind,
    text: reason,
    product: info?.product ?? null,
    version: info?.version ?? null,
    endpoint: info?.endpoint ?? null,
    driver: info?.driver ?? null,
    store: info?.store ?? null,
    image: null,
    imageText: '',
    candidates: [],
  };
}

/** What grew or shrank since the build before; null: none is known. */
export function compareReport(_: Analysis, __: Document): CompareReport | null {
  return null;
}
