import assert from 'node:assert/strict';
import { packagesOfRows } from '../../../server/src/images/toldPackages.ts';
import { leastMs } from '../../support/cpuTime.ts';

const debian = "# debian.sh --arch 'amd64' out/ 'bookworm' '@1757289600'";

function packages(...texts: readonly string[]): readonly string[] | null {
  return packagesOfRows([debian, 'CMD ["bash"]', ...texts].map((createdBy) => ({ createdBy })));
}

const run = (script: string) => `RUN /bin/sh -c ${script} # buildkit`;

describe('packages of an image by its history', () => {
  it('are none in the plain image, nor where only files and settings came on top', () => {
    assert.deepEqual(packages(), []);
    assert.deepEqual(
      packages(
        'ENV A=1',
        'WORKDIR /app',
        'COPY entry.sh /usr/local/bin/ # buildkit',
        run('useradd -m app && mkdir -p /data; chown app /data'),
        'USER app',
        '/bin/sh -c #(nop)  ENTRYPOINT ["/entry.sh"]',
        '/bin/sh -c #(nop) COPY file:1 in /etc/app.conf ',
      ),
      [],
    );
  });

  it('are those that were installed by name without what is recommended', () => {
    assert.deepEqual(
      packages(
        run(
          'set -eux; apt-get update -qq &&     DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends     curl g++ libssl3=3.0.1-1     && rm -rf /var/lib/apt/lists/*',
        ),
        'RUN |1 V=a b /bin/bash -o pipefail -c apt-get install -qy --no-install-recommends git # buildkit',
        '|1 V=1 /bin/sh -c apt-get -y --no-install-recommends install jq',
      ),
      ['curl', 'g++', 'libssl3', 'git', 'jq'],
    );
    const alpine = ['ADD alpine-minirootfs-3.22.1-x86_64.tar.gz / # buildkit', 'CMD ["/bin/sh"]'];
    const rows = [...alpine, run('apk add --no-cache bash curl=8.1-r0 "git>2"')];
    assert.equal(packagesOfRows(rows.map((createdBy) => ({ createdBy }))), null);
    rows[2] = run('apk add --no-cache bash curl=8.1-r0 git~2');
    assert.deepEqual(packagesOfRows(rows.map((createdBy) => ({ createdBy }))), [
      'bash',
      'curl',
      'git',
    ]);
  });

  const open = [
    'apt-get install -y curl',
    'apt-get install -y --no-install-recommends curl && apt-get purge -y curl',
    'apt-get install -y --no-install-recommends $PACKAGES',
    'apt-get install -y --no-install-recommends ./x.deb',
    'apt-get install -y --no-install-recommends curl-',
    'apt-get install -y --no-install-recommends -t testing curl',
    'apt-get upgrade -y',
    'apt-get autoremove',
    'dpkg -i /tmp/x.deb',
    'curl -fsSL https://example.com/setup | bash -',
    './install.sh',
    'sh -c "apt-get install x"',
    'if true; then apt-get update; fi',
    'echo $(apt-get install -y curl)',
    'rm -rf /var/lib/dpkg',
    'python3 setup.py',
    'apk add --virtual .deps gcc',
    'apk del gcc',
  ];
  for (const script of open) {
    it(`are not known behind ${script}`, () => assert.equal(packages(run(script)), null));
  }

  it('are not known where the root of something else was copied, or a text is no instruction', () => {
    assert.equal(packages('COPY / / # buildkit'), null);
    assert.equal(packages('COPY rootfs/ / # buildkit'), null);
    assert.equal(packages('COPY . / # buildkit'), null);
    assert.equal(packages('bazel build ...'), null);
    assert.equal(packages(''), null);
    assert.equal(packages('RUN apt-get install x # buildkit'), null);
    assert.equal(packagesOfRows([]), null);
  });

  it('are soon told of histories of any length', () => {
    const texts = [
      run('a'.repeat(100_000)),
      `RUN |1 ${'/bin/sh '.repeat(2000)}`,
      `COPY ${'root '.repeat(3000)}`,
    ];
    for (const text of texts) {
      assert.ok(leastMs(() => packages(...Array.from({ length: 20 }, () => text)), 100) < 500);
    }
  });
});
