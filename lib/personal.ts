// `cryptoki/personal`: the JavaScript API of BankID, Nexus Personal and FriBID, in process.

export { createPersonal, type Personal, type PersonalMimeType } from './personal/create';
export type { Choice, ChooseIdentity, ChooseRequest, ChooserError } from './personal/chooser';
export { PersonalErrorCode } from './personal/codes';
export type { PersonalOptions } from './personal/host';
export type { Action, Identity } from './personal/identity';
export { PersonalObject } from './personal/object';
export { terminalChooser, type TerminalOptions } from './personal/terminal';
export { FRIBID_ORDER, NEXUS_ORDER, PersonalVersion, type VersionOptions } from './personal/version';
