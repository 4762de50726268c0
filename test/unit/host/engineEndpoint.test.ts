import assert from 'node:assert/strict';
import { isInMachine, isRemote, readEndpoint } from '../../../server/src/host/engineEndpoint.ts';
import { EngineProblem } from '../../../server/src/host/engineProblem.ts';
import { sshArguments } from '../../../server/src/host/engineSsh.ts';

const certificates = { folder: '/certs', verify: true };

/** What is wrong with an address; undefined: nothing. */
function complaint(text: string): string | undefined {
  try {
    readEndpoint(text, null);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof EngineProblem, String(error));
    return error.message;
  }
}

describe('the address of an engine', () => {
  it('is a socket, a pipe, a host with a port, or a host behind ssh', () => {
    const read = (text: string) => {
      const { shown, ...endpoint } = readEndpoint(text, null);
      return endpoint;
    };
    const tcp = { kind: 'tcp', base: '', auth: null, tls: null };
    assert.deepEqual(read('unix:///run/x.sock'), { kind: 'socket', path: '/run/x.sock' });
    assert.deepEqual(read(' /run/my socket '), { kind: 'socket', path: '/run/my socket' });
    const pipe = { kind: 'socket', path: '//./pipe/docker_engine' };
    assert.deepEqual(read('npipe:////./pipe/docker_engine'), pipe);
    assert.deepEqual(read('\\\\.\\pipe\\docker_engine'), pipe);
    assert.deepEqual(read('npipe://\\\\.\\pipe\\docker_engine'), pipe);
    assert.deepEqual(read('tcp://host'), { ...tcp, host: 'host', port: 2375 });
    assert.deepEqual(read('TCP://host:80/'), { ...tcp, host: 'host', port: 80 });
    assert.deepEqual(read('host:4243'), { ...tcp, host: 'host', port: 4243 });
    assert.deepEqual(read('http://host'), { ...tcp, host: 'host', port: 80 });
    assert.deepEqual(read('tcp://[::1]:2375/a/b'), {
      ...tcp,
      host: '::1',
      port: 2375,
      base: '/a/b',
    });
    const ssh = { kind: 'ssh', user: null, port: null, path: null };
    assert.deepEqual(read('ssh://box'), { ...ssh, host: 'box' });
    assert.deepEqual(read('ssh://me@box:2222/run/user/1000/docker.sock'), {
      ...{ kind: 'ssh', host: 'box', user: 'me', port: 2222 },
      path: '/run/user/1000/docker.sock',
    });
  });

  it('is encrypted where the certificates of the environment say so, and with https', () => {
    const read = (text: string, tls: typeof certificates | null) => {
      const endpoint = readEndpoint(text, tls);
      return endpoint.kind === 'tcp' ? [endpoint.port, endpoint.tls] : null;
    };
    assert.deepEqual(read('tcp://host', certificates), [2376, certificates]);
    assert.deepEqual(read('tcp://host:1', certificates), [1, certificates]);
    assert.deepEqual(read('https://host', null), [443, { folder: null, verify: true }]);
    assert.deepEqual(read('https://host:443', certificates), [443, certificates]);
    assert.deepEqual(read('http://host:1', certificates), [1, null]);
  });

  it('is shown without user and password, also where it is wrong', () => {
    const { shown, ...endpoint } = readEndpoint('http://me:s3cret@host:1/base', null);
    assert.equal(shown, 'http://host:1/base');
    assert.equal(endpoint.kind === 'tcp' && endpoint.auth, 'me:s3cret');
    assert.equal(readEndpoint('tcp://me:p%40ss@host', null).shown, 'tcp://host:2375');
    const wrong = [
      'http://me:s3cret@',
      'http://me:s3cret@[::1',
      'ftp://me:s3cret@host',
      'ssh://me:s3cret@host',
      'http://me:s3cret@host?token=s3cret#s3cret',
      'me:s3cret@host:port',
      'tcp://http://me:s3cret@host',
      'http://me:s3cret@host:99999',
    ];
    for (const address of wrong) {
      const said = complaint(address);
      assert.ok(said?.endsWith('.') && !/s3cret|me@/.test(said), said ?? address);
    }
  });

  it('is refused where it is none', () => {
    const wrong = [
      'unix://',
      'unix://relative.sock',
      'unix:///a\0b',
      'npipe:////server/pipe/docker',
      'npipe:////./pipe/',
      '\\\\server\\pipe\\docker_engine',
      'fd://3',
      'http:///path',
      'tcp://host:port',
      'ssh://',
      'x'.repeat(1_000_000),
      'tcp://ho\u0000st',
    ];
    for (const address of wrong) {
      const said = complaint(address);
      assert.ok(said !== undefined && said.length < 400, address.slice(0, 50));
      assert.ok(/^[\x20-\x7e]+\.$/.test(said), said);
    }
  });

  it('with ssh is no option to ssh and no command to the shell of the other machine', () => {
    const hostile = [
      'ssh://-oProxyCommand=touch%20x',
      'ssh://-oProxyCommand=x@host',
      'ssh://%2doProxyCommand=x@host',
      'ssh://-Fx@-host',
      'ssh://a%20b@host',
      'ssh://host/run/x.sock;touch%20x',
      'ssh://host/$(touch x)',
      'ssh://host/`x`',
      "ssh://host/'",
      'ssh://host/a b',
      'ssh://host/%0atouch',
      'ssh://host/a&b',
      'ssh://ho$st',
      'ssh://host\n-oX',
      'ssh://[-oX]',
    ];
    for (const address of hostile) assert.ok(complaint(address), address);
  });

  it('with ssh is a list of arguments, the host behind the end of options', () => {
    const endpoint = readEndpoint('ssh://me@box:22/run/d.sock', null);
    assert.equal(endpoint.kind, 'ssh');
    const words = endpoint.kind === 'ssh' ? sshArguments(endpoint) : [];
    const tail = ['--', 'box', 'docker', '--host', 'unix:///run/d.sock', 'system', 'dial-stdio'];
    assert.deepEqual(words.slice(-11), ['-l', 'me', '-p', '22', ...tail]);
    assert.ok(words.includes('BatchMode=yes'));
  });

  it('tells whether the engine may be on another machine, or in a virtual one', () => {
    const remote = (text: string) => isRemote(readEndpoint(text, null));
    assert.deepEqual(
      ['tcp://10.0.0.1', 'ssh://box', 'tcp://localhost', 'tcp://127.0.0.1:1', 'tcp://[::1]'].map(
        remote,
      ),
      [true, true, false, false, false],
    );
    assert.equal(remote('/run/x.sock'), false);
    const inMachine = (text: string, platform: NodeJS.Platform = 'linux') =>
      isInMachine(readEndpoint(text, null), platform);
    assert.equal(inMachine('/home/me/.colima/default/docker.sock'), true);
    assert.equal(inMachine('/home/me/.docker/desktop/docker.sock'), true);
    assert.equal(inMachine('/var/run/docker.sock'), false);
    assert.equal(inMachine('/var/run/docker.sock', 'darwin'), true);
  });
});
