import assert from 'node:assert/strict';
import { historyMatches } from '../../../server/src/model/historyForms.ts';

const none =
  'HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}';
const check =
  'HEALTHCHECK {Test:[CMD-SHELL curl "x"] Interval:1m30s Timeout:10s StartPeriod:5s StartInterval:2s Retries:3}';
const legacy = (text: string) => `/bin/sh -c #(nop)  ${text}`;

describe('history entries in other spellings', () => {
  const same: readonly (readonly [string, string])[] = [
    ['EXPOSE [443/udp 80/tcp]', 'EXPOSE map[443/udp:{} 80/tcp:{}]'],
    ['EXPOSE [80/tcp 80/tcp]', 'EXPOSE map[80/tcp:{}]'],
    ['EXPOSE []', 'EXPOSE map[]'],
    ['EXPOSE [443/udp 80/tcp]', legacy('EXPOSE 443/udp 80')],
    ['EXPOSE [8000/tcp 8001/tcp]', legacy('EXPOSE 8000-8001')],
    ['ARG G=g1', 'ARG G'],
    ['ARG A=x y B=1', 'ARG A B=1'],
    ['ARG A=1', legacy('ARG A=1')],
    ['RUN |1 V=2 /bin/sh -c x # buildkit', 'RUN |2 V=2 V=2 /bin/sh -c x # buildkit'],
    ['RUN |2 V=a b W= /bin/sh -c x # buildkit', 'RUN |3 V=a b W= V=a b /bin/sh -c x # buildkit'],
    ['RUN |2 V=1 W= /bin/sh -c x # buildkit', '|1 V=1 /bin/sh -c x'],
    ['RUN |1 V=2 /bin/sh -c x # buildkit', '/bin/sh -c x'],
    ['RUN /bin/true # buildkit', '/bin/true'],
    [none, 'HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" \'\\x00\'}'],
    [check, 'HEALTHCHECK &{["CMD-SHELL" "curl \\"x\\""] "1m30s" "10s" "5s" "2s" \'\\x03\'}'],
    [check, legacy('HEALTHCHECK &{[CMD-SHELL curl "x"] 1m30s 10s 5s 2s 3}')],
    [none, 'HEALTHCHECK &{["NONE"] "0s" "0s" "0s" \'\\x00\'}'],
    ['WORKDIR /w', '/bin/sh -c #(nop) WORKDIR /w'],
    ['ENV A=1', '/bin/bash -ec #(nop)  ENV A=1'],
    ['CMD ["a" "b"]', legacy('CMD ["a" "b"]')],
    [
      'COPY --chown=1:1 a b /d/ # buildkit',
      '/bin/sh -c #(nop) COPY --chown=1:1 multi:0a1b in /d/ ',
    ],
    ['ADD http://x/y /z # buildkit', '/bin/sh -c #(nop) ADD 0a1b in /z '],
  ];
  for (const [predicted, observed] of same) {
    it(`${observed} is ${predicted}`, () => assert.ok(historyMatches(predicted, observed)));
  }

  const other: readonly (readonly [string, string])[] = [
    ['EXPOSE [80/tcp]', 'EXPOSE map[81/tcp:{}]'],
    ['EXPOSE [80/tcp]', 'EXPOSE map[80/tcp:{} 81/tcp:{}]'],
    ['EXPOSE [80/tcp]', legacy('EXPOSE 80/udp')],
    ['ARG A=1', 'ARG B'],
    ['ARG A=1', 'ENV A=1'],
    ['ENV A=1', 'ENV A=2'],
    ['RUN /bin/sh -c x # buildkit', 'RUN /bin/sh -c y # buildkit'],
    ['RUN |1 V=2 /bin/sh -c x # buildkit', 'RUN |2 V=2 V=2 /bin/sh -c y # buildkit'],
    ['RUN |1 V=2 /bin/sh -c x # buildkit', 'RUN |1 V=3 /bin/sh -c x # buildkit'],
    ['RUN |1 V=2 /bin/sh -c x # buildkit', '/bin/sh -c y'],
    ['RUN /bin/sh -c x # buildkit', legacy('ENV A=1')],
    [check, none],
    [none, 'HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" \'\\x01\'}'],
    ['COPY a /d # buildkit', '/bin/sh -c #(nop) COPY file:0a1b in /e '],
    ['COPY --chown=1:1 a /d # buildkit', '/bin/sh -c #(nop) COPY --chown=2:2 file:0a in /d '],
    ['COPY a /d # buildkit', 'COPY b /d # buildkit'],
    ['WORKDIR /w', 'WORKDIR /w/x'],
    ['', 'BASE'],
  ];
  for (const [predicted, observed] of other) {
    it(`${observed} is not ${predicted}`, () => assert.ok(!historyMatches(predicted, observed)));
  }
});
