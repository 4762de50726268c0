import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  createProtocolConnection,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  InlayHintRequest,
  IPCMessageReader,
  IPCMessageWriter,
  type ProtocolConnection,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';

const entry = join(import.meta.dirname, '../../server/src/main.ts');

/** A whole session with the server's process; resolves to the number of hints. */
async function session(client: ProtocolConnection, child: ChildProcess): Promise<number> {
  client.listen();
  // A server that cannot start fails the test at once.
  child.on('exit', (code) => code && client.dispose());
  await client.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
  });
  await client.sendNotification(InitializedNotification.type, {});
  const uri = 'untitled:Dockerfile';
  await client.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: 'dockerfile', version: 1, text: 'FROM scratch\nRUN x\n' },
  });
  const range = { start: { line: 0, character: 0 }, end: { line: 2, character: 0 } };
  const hints = await client.sendRequest(InlayHintRequest.type, { textDocument: { uri }, range });
  await client.sendRequest(ShutdownRequest.type);
  await client.sendNotification(ExitNotification.type);
  return hints?.length ?? 0;
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

describe('the process of the language server', () => {
  it('speaks over standard input and output', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', entry, '--stdio']);
    const client = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    assert.equal(await session(client, child), 2);
    assert.equal(await exitCode(child), 0);
  });

  it('speaks over Node IPC, as VS Code starts it', async () => {
    const child = fork(entry, ['--node-ipc'], { execArgv: ['--import', 'tsx'] });
    const client = createProtocolConnection(
      new IPCMessageReader(child),
      new IPCMessageWriter(child),
    );
    assert.equal(await session(client, child), 2);
    assert.equal(await exitCode(child), 0);
  });
});
