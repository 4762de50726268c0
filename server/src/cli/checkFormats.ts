/** The outcome of `check` in the form that was asked for. */

import type { StackReport } from '../protocol.ts';
import type { Budgets, Finding, Outcome } from './check.ts';

/** For people: one sentence for each finding, or that all is well. */
export function checkText(report: StackReport, { verdict, findings }: Outcome): string {
  const lines = findings.map(
    ({ range, message, verdict: one }) =>
      `${report.dockerfile}:${range.start.line + 1}: ${one === 'broken' ? 'over budget' : 'undecided'}: ${message}`,
  );
  if (verdict === 'kept') lines.push(`${report.dockerfile}: within budget${sizeWords(report)}.`);
  return `${lines.join('\n')}\n`;
}

function sizeWords(report: StackReport): string {
  const { size, layers } = report.display;
  const how = report.totals.size.basis === 'measured' ? 'measured, ' : '';
  return size ? ` (${how}${size}, ${layers})` : '';
}

/** For scripts. Positions are zero-based as in the report, sizes are bytes. */
export function checkJson(report: StackReport, budgets: Budgets, outcome: Outcome): object {
  return {
    schema: 1,
    dockerfile: report.dockerfile,
    verdict: outcome.verdict,
    budgets,
    totals: report.totals,
    findings: outcome.findings,
  };
}

const rules = [
  { id: 'max-image', text: 'The image keeps within its budget.' },
  { id: 'max-layer', text: 'Each own layer keeps within its budget.' },
];

/** SARIF 2.1.0: a broken budget is an error, an undecided one a warning. */
export function checkSarif(report: StackReport, outcome: Outcome, version: string): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'dockerfile-layers',
            version,
            rules: rules.map(({ id, text }) => ({ id, shortDescription: { text } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: outcome.findings.map((finding) => ({
          ruleId: finding.budget,
          ruleIndex: rules.findIndex(({ id }) => id === finding.budget),
          level: finding.verdict === 'broken' ? 'error' : 'warning',
          message: { text: finding.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(report.dockerfile) },
                region: {
                  startLine: finding.range.start.line + 1,
                  startColumn: finding.range.start.character + 1,
                  endLine: finding.range.end.line + 1,
                  endColumn: finding.range.end.character + 1,
                },
              },
            },
          ],
        })),
      },
    ],
  };
}

/** A relative reference with `/`, as SARIF wants it. */
function uriOf(name: string): string {
  return name.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
}

/** Workflow commands: GitHub shows them as annotations on the lines of a pull request. */
export function checkGithub(report: StackReport, outcome: Outcome): string {
  return outcome.findings.map((finding) => annotation(report.dockerfile, finding)).join('');
}

function annotation(file: string, { verdict, range, message, budget }: Finding): string {
  const properties = {
    file,
    line: String(range.start.line + 1),
    endLine: String(range.end.line + 1),
    title: `dockerfile-layers ${budget}`,
  };
  const list = Object.entries(properties)
    .map(
      ([key, value]) => `${key}=${escapeData(value).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
    )
    .join(',');
  return `::${verdict === 'broken' ? 'error' : 'warning'} ${list}::${escapeData(message)}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
