/** The ids of all sections of segment version 1, as `docs/index-format.md` section 3 lists them. */
export const sectionId: {
  readonly manifest: 0x0001;
  readonly documents: 0x0100;
  readonly chunks: 0x0101;
  readonly strings: 0x0102;
  readonly texts: 0x0103;
  readonly locators: 0x0104;
  readonly facts: 0x0105;
  readonly vectorHeader: 0x0200;
  readonly vectorCodes: 0x0201;
  readonly vectorWeights: 0x0202;
  readonly vectorHalves: 0x0203;
  readonly vectorOwners: 0x0204;
  readonly codeDigests: 0x0205;
  readonly graphHeader: 0x0210;
  readonly graphLevels: 0x0211;
  readonly graphUpperStarts: 0x0212;
  readonly graphBaseLinks: 0x0213;
  readonly graphUpperLinks: 0x0214;
  readonly linkDigests: 0x0215;
  readonly keywordHeader: 0x0300;
  readonly dictionary: 0x0301;
  readonly termHeap: 0x0302;
  readonly postings: 0x0303;
  readonly fieldLengths: 0x0304;
  readonly blockDigests: 0x7fff;
} = {
  manifest: 0x0001,
  documents: 0x0100,
  chunks: 0x0101,
  strings: 0x0102,
  texts: 0x0103,
  locators: 0x0104,
  facts: 0x0105,
  vectorHeader: 0x0200,
  vectorCodes: 0x0201,
  vectorWeights: 0x0202,
  vectorHalves: 0x0203,
  vectorOwners: 0x0204,
  codeDigests: 0x0205,
  graphHeader: 0x0210,
  graphLevels: 0x0211,
  graphUpperStarts: 0x0212,
  graphBaseLinks: 0x0213,
  graphUpperLinks: 0x0214,
  linkDigests: 0x0215,
  keywordHeader: 0x0300,
  dictionary: 0x0301,
  termHeap: 0x0302,
  postings: 0x0303,
  fieldLengths: 0x0304,
  blockDigests: 0x7fff,
};
