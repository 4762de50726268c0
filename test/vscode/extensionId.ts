/** The extension's name in the editor. */
export const extensionId = 'dockerfile-layers.dockerfile-layers';
