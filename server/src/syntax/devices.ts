/** `RUN --device` (BuildKit `commands_rundevice.go`). */

import { csvFields } from './csv.ts';
import { goBool } from './goText.ts';
import { withSuggestion } from './suggestions.ts';

export type Device =
  | { readonly ok: true; readonly name: string; readonly required: boolean }
  | { readonly ok: false; readonly error: string };

/** Reads one value: `vendor.com/class=name,required`. */
export function readDevice(text: string): Device {
  const csv = csvFields(text);
  if (!csv.ok) return { ok: false, error: `failed to parse csv devices: ${csv.error}` };
  let name = '';
  let required = false;
  for (const field of csv.fields) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? null : field.slice(equals + 1);
    if (key === 'required') {
      const flag = value === null ? true : goBool(value);
      if (flag === undefined) return { ok: false, error: `invalid value for ${key}: ${value}` };
      required = flag;
    } else if (key === 'name' && value !== null) {
      if (name) return { ok: false, error: `device name already set to ${name}` };
      name = value;
    } else if (!name) {
      name = field;
    } else if (value === null) {
      return { ok: false, error: `invalid field '${field}' must be a key=value pair` };
    } else {
      const error = `unexpected key '${key}' in '${field}'`;
      return { ok: false, error: withSuggestion(error, key, ['name', 'required'], true) };
    }
  }
  return { ok: true, name, required };
}
