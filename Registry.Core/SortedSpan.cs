namespace Registry.Core;

/// <summary>Binary search in sorted spans.</summary>
internal static class SortedSpan
{
    /// <summary>Returns the index of the first item that is not before a value; the length where all are.</summary>
    /// <param name="items">The items, sorted so that those before the value come first.</param>
    /// <param name="value">The value to search for.</param>
    /// <param name="isBefore">Whether an item comes before the value.</param>
    public static int LowerBound<TItem, TValue>(
        ReadOnlySpan<TItem> items, TValue value, Func<TItem, TValue, bool> isBefore)
    {
        var (low, high) = (0, items.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (isBefore(items[middle], value))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
