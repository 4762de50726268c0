/** A file that is written whole or not at all. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith, removeFolders } from '../../support/cli.ts';

const source = new URL('../../../server/src/host/wholeFile.ts', import.meta.url).href;

describe('a file that is written whole', () => {
  afterEach(removeFolders);

  it('leaves nothing beside the old one when the process is interrupted meanwhile', async function () {
    if (process.platform === 'win32') this.skip();
    const folder = folderWith({ 'file.json': 'old' });
    // Interrupts itself as soon as the unfinished file is there.
    const script = `
      import { readdirSync } from 'node:fs';
      import { writeWhole } from '${source}';
      const look = () => {
        if (readdirSync('.').length === 1) return setImmediate(look);
        console.log('writing');
        process.kill(process.pid, 'SIGINT');
      };
      look();
      writeWhole('file.json', 'x'.repeat(64_000_000)).then(() => setTimeout(() => {}, 60_000));
    `;
    const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    child.stdout.on('data', (piece) => said.push(String(piece)));
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGINT');
    assert.equal(said.join(''), 'writing\n');
    assert.deepEqual(readdirSync(folder), ['file.json']);
    assert.equal(readFileSync(join(folder, 'file.json'), 'utf8'), 'old');
  });
});
