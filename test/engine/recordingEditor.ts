/** An editor whose server keeps records of builds, for a test with a real builder. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { openRecordStore } from '../../server/src/host/recordStore.ts';
import { Editor, type EditorOptions } from '../lsp/editor.ts';

export interface RecordingEditor {
  readonly editor: Editor;
  /** Folder of the records. */
  readonly storage: string;
  /** Writes the files and opens the Dockerfile, which is saved. */
  open(text: string, files?: Readonly<Record<string, string>>): Promise<void>;
  /** Words of the steps, as an editor shows them. */
  words(): Promise<string>;
  close(): void;
}

/** Starts a server with these ports, and records in a folder that `close` takes away. */
export async function recordingEditor(
  ports: NonNullable<EditorOptions['ports']>,
): Promise<RecordingEditor> {
  const storage = mkdtempSync(join(tmpdir(), 'records-'));
  const records = openRecordStore();
  records.useFolder(storage);
  const editor = new Editor({ ports: { digests: nodeDigests, records, ...ports } });
  await editor.initialize();
  return {
    editor,
    storage,
    async open(text, files = {}) {
      const more = Object.entries(files).map(([name, content]) => `-- ${name} --\n${content}\n`);
      await editor.open(text + more.join(''));
      editor.write('Dockerfile', editor.text);
    },
    async words() {
      const report = await editor.stack();
      return (report?.stages ?? [])
        .flatMap(({ instructions }) => instructions)
        .flatMap(({ cache }) => cache?.prediction ?? [])
        .join(' ');
    },
    close() {
      editor.close();
      rmSync(storage, { recursive: true, force: true });
    },
  };
}
