/**
 * The sentences of the page that settles the conventions (scws.md), by their numbers: section, and place in it. A number stands at the beginning of the
 * title of each test that shows the sentence; here is how the sentence begins.
 */
export const SENTENCES: Readonly<Record<string, string>> = {
  '1.1': 'Everything returns a native Promise',
  '1.2': 'The one exception',
  '1.3': 'Properties are synchronous',
  '1.4': 'They change as a side effect',
  '1.5': 'Operations without a result',
  '1.6': 'Binary results',
  '1.7': 'binary inputs',

  '2.1': 'Extends Error',
  '2.2': 'The code list has',
  '2.3': 'export it as data',
  '2.4': 'Treat it as open',
  '2.5': 'Some of the document',
  '2.6': 'write correct ones',
  '2.7': 'CXR_CONTAINER_EXISTS carries',
  '2.8': 'WRAPPED_KEY_INVALID and',
  '2.9': "A token's CKR becomes",
  '2.10': 'One that is not',
  '2.11': 'CKR_OK never',
  '2.12': 'CXR and MWR have no',
  '2.13': '`message`, `code` (string)',

  '3.1': 'When the library itself',
  '3.2': '| MWR_SCWS_UNREACHABLE',
  '3.3': '| MWR_SCWS_COMM_ERROR',
  '3.4': '| MWR_SCWS_COMM_TIMEOUT',
  '3.5': '| MWR_SCWS_BAD_PARAMS',
  '3.6': '| MWR_IMPORT_FILE_INVALID',
  '3.7': '| CXR_PIN_UNBLOCK_BLOCKED',
  '3.8': '| CXR_CONTAINER_EXISTS',

  '4.1': '`SCWS`: `version`',
  '4.2': '`readers` (empty',
  '4.3': '`createEnvironment({ module })`',
  '4.4': '`updateReaderList()`',
  '4.5': '`getReader(name)`',
  '4.6': '`onreaderadded`',

  '5.1': '`Reader`: `name`',
  '6.1': '`Token`: `reader`',
  '6.2': 'after it every call',
  '7.1': '`Pin`: `label`',
  '7.2': '`login(value | null',
  '8.1': 'Objects: `handle`',
  '8.2': 'Private objects appear',
  '9.1': '`Certificate`: `root`',
  '9.2': 'Reasons: ',
  '9.3': 'Trusted roots are given',
  '9.4': 'revocation by CRLs',
  '10.1': '`Key`: `algorithmName`',
  '10.2': 'sign: `null`',
  '10.3': "`'sha1'|'sha256'",
  '10.4': '`{ mgf, saltLen }`',
  '10.5': 'EC = raw',
  '10.6': 'decrypt: default',
  '10.7': "`{ type: 'oaep'",
  '10.8': "`{ type: 'raw' }`",
  '11.1': '`DataContainer`: `application`',
};

/** The sentences of the page: those of its text, and the rows of its table. What stands before the first heading says what the page is. */
export function sentencesOf(page: string): string[] {
  const body = page
    .slice(page.indexOf('\n## '))
    // A line goes on where the next begins with neither a heading, a row nor an item.
    .replace(/^(## .*)$/gm, '$1\n')
    .replace(/\n(?=[^\n#|-])\s*/g, ' ');
  return body.split('\n').flatMap((line) => {
    if (/^(#|\|[-| ]*$|\| code \|)/.test(line)) return [];
    if (line.startsWith('|')) return [line];
    return line
      .replace(/^- /, '')
      .split(/(?<=[.;])\s+/)
      .map((one) => one.trim())
      .filter((one) => one !== '');
  });
}
