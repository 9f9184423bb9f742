extension String {
  /// The text as a POSIX shell word, quoted where needed.
  package var shellWord: String {
    let isPlain =
      !isEmpty
      && utf8.allSatisfy { byte in
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber)
          || "-_./:=,+@%^".contains(character)
      }
    return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
