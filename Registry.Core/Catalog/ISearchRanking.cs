namespace Registry.Core.Catalog;

/// <summary>Decides which packages a search finds, and how well they match.</summary>
internal interface ISearchRanking
{
    /// <summary>Bytes that the mention of every package that is found contains; empty for none.</summary>
    ReadOnlySpan<byte> Required { get; }

    /// <summary>The number of ranks.</summary>
    int Ranks { get; }

    /// <summary>Returns the rank of a package, best first from 0; null for a package that is not found.</summary>
    /// <param name="mention">Its text, as <see cref="SearchText.OfMentions"/> creates it.</param>
    int? RankOf(ReadOnlySpan<byte> mention);
}

/// <summary>A package that a search found, and its rank.</summary>
internal readonly record struct RankedEntry(CatalogEntry Entry, int Rank);
