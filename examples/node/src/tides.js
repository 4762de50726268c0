// A plain model: two highs and two lows in a lunar day, their height swinging with the moon.
const lunarDay = 24 * 60 * 60 * 1000 * 1.035;
const month = 29.530588 * 24 * 60 * 60 * 1000;
const newMoon = Date.UTC(2025, 0, 29, 12, 36);

/** The next four turns of the tide at a harbor, in order. */
export function nextTides(harbor, now = Date.now()) {
  const half = lunarDay / 2;
  const phase = (now - harbor.highWater) % half;
  const first = now - phase + half;
  return [0, 1, 2, 3].map((quarter) => {
    const at = first + (quarter * half) / 2;
    const isHigh = quarter % 2 === 0;
    return {
      at: new Date(at).toISOString(),
      kind: isHigh ? 'high' : 'low',
      meters: round(harbor.mean + (isHigh ? 1 : -1) * harbor.range * springs(at)),
    };
  });
}

/** 1.2 at full and new moon, 0.8 between them. */
function springs(at) {
  return 1 + 0.2 * Math.cos((4 * Math.PI * (at - newMoon)) / month);
}

function round(meters) {
  return Math.round(meters * 100) / 100;
}
