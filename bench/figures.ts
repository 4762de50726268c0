/** Figures made of many measurements. */

export interface Spread {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
}

/** The value below which the share `p` of the values lies (nearest rank); null of none. */
export function percentile(values: readonly number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? null;
}

/** Median and 95th percentile; null of no values. */
export function spread(values: readonly number[]): Spread | null {
  const p50 = percentile(values, 0.5);
  const p95 = percentile(values, 0.95);
  return p50 === null || p95 === null ? null : { n: values.length, p50, p95 };
}

/** Three significant digits, so that 0.0123 and 26,525 both read well; `–` for nothing. */
export function digits(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** How many times as much `of` is as `to`: `12×`; `–` where one is missing. */
export function times(of: number | null | undefined, to: number | null | undefined): string {
  return of && to ? `${digits(of / to)}×` : '–';
}
