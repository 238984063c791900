namespace Registry.Core.Content;

/// <summary>Receives the parts of a tar from a <see cref="TarWalker"/>, which has checked them.</summary>
internal interface ITarObserver
{
    /// <summary>Receives the header of an entry, or of an extension of the next entry.</summary>
    /// <param name="header">The header.</param>
    /// <param name="block">The block of the header. Valid during the call.</param>
    /// <returns>Whether <see cref="Data"/> should receive its data.</returns>
    bool Begin(TarHeader header, ReadOnlySpan<byte> block);

    /// <summary>Receives a block that continues the header of an old GNU sparse file.</summary>
    /// <param name="block">The block. Valid during the call.</param>
    /// <returns>Whether <see cref="Data"/> should receive the data that follows the last such block.</returns>
    bool Continue(ReadOnlySpan<byte> block);

    /// <summary>Receives the next bytes of data, without padding. Valid during the call.</summary>
    void Data(ReadOnlySpan<byte> bytes);
}
