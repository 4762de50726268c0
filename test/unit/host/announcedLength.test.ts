/** Asking a server how long a download is: one HEAD request, and nothing is fetched. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askLengths } from '../../../server/src/analysis/downloads.ts';
import { announcedLength } from '../../../server/src/host/download.ts';

describe('the length of a download', () => {
  const seen: string[] = [];
  let server: Server;
  let root = '';

  before(async () => {
    server = createServer(({ method, url }, answer) => {
      seen.push(`${method} ${url}`);
      if (url === '/moved') answer.writeHead(302, { location: '/file' });
      else if (url === '/round') answer.writeHead(302, { location: '/round' });
      else if (url === '/gone') answer.writeHead(404);
      else if (url === '/packed') {
        answer.writeHead(200, { 'content-length': '10', 'content-encoding': 'gzip' });
      } else if (url === '/chunked') answer.writeHead(200, { 'transfer-encoding': 'chunked' });
      else answer.writeHead(200, { 'content-length': '1234567' });
      answer.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => void server.close());

  const ask = (path: string) => announcedLength(`${root}${path}`, new AbortController().signal);

  it('is asked by HEAD, also behind a redirect', async () => {
    seen.length = 0;
    assert.equal(await ask('/moved'), 1_234_567);
    assert.deepEqual(seen, ['HEAD /moved', 'HEAD /file']);
  });

  it('is not known where the server does not say it, or says it of packed bytes', async () => {
    assert.equal(await ask('/chunked'), null);
    assert.equal(await ask('/packed'), null);
  });

  it('says why it is not known', async () => {
    const { signal } = new AbortController();
    const addresses = ['/gone', '/round', '/file'].map((path) => root + path);
    const answers = await askLengths([...addresses, 'ftp://x/y'], announcedLength, signal);
    assert.deepEqual(
      [...answers.values()].map((fact) => (fact.state === 'known' ? fact.value : fact.state)),
      ['unavailable', 'unavailable', 1_234_567, 'unavailable'],
    );
    const gone = answers.get(`${root}/gone`);
    assert.match(gone?.state === 'unavailable' ? gone.reason : '', /answered with status 404/);
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    assert.equal((await askLengths([`${root}/file`], announcedLength, controller.signal)).size, 0);
  });
});
