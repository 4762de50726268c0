/** Analyses of drawn Dockerfiles, for tests of features. */

import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Subject } from '../../server/src/analysis/subject.ts';
import { type Analysis, type AnalysisPorts, analyze } from '../../server/src/analysis.ts';
import type { FileSystem } from '../../server/src/context/fileSystem.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { readSettings } from '../../server/src/settings.ts';
import { type Drawing, readDrawing } from './marked.ts';
import { linux } from './plans.ts';

export interface Analyzed extends Drawing {
  readonly analysis: Analysis;
  readonly document: TextDocument;
}

/** The analysis of a drawing, with all facts known; without a path there is no build context. */
export async function analyzed(
  drawing: string,
  settings: unknown = {},
  {
    files = nodeFileSystem,
    ports = {},
    ...subject
  }: Partial<Subject> & { files?: FileSystem; ports?: Partial<AnalysisPorts> } = {},
): Promise<Analyzed> {
  const read = readDrawing(drawing);
  const document = TextDocument.create('untitled:Dockerfile', 'dockerfile', 1, read.text);
  const analysis = await analyze(
    {
      key: document.uri,
      path: null,
      folder: null,
      within: null,
      text: read.text,
      version: 1,
      settings: readSettings(settings),
      ...subject,
    },
    { files, decompressors: nodeDecompressors, buildPlatform: linux, ...ports },
  );
  return { ...read, analysis, document };
}
