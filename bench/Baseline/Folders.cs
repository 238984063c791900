using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;

namespace Registry.Bench.Baseline;

/// <summary>Where the bytes that are served lie, and where those that are pushed go.</summary>
internal sealed class Folders(string files, string pushed)
{
    private readonly ConcurrentDictionary<string, byte[]> prepared = new(StringComparer.Ordinal);

    /// <summary>The folder that pushes go to.</summary>
    public string Pushed { get; } = pushed;

    /// <summary>The file of this name.</summary>
    public string PathOf(string name) => Path.Combine(files, name);

    /// <summary>Its bytes, read once.</summary>
    public byte[] Prepared(string name) => prepared.GetOrAdd(name, Read, this);

    private static byte[] Read(string name, Folders folders)
    {
        using var file = File.OpenHandle(folders.PathOf(name));
        var bytes = new byte[RandomAccess.GetLength(file)];
        RandomAccess.Read(file, bytes, fileOffset: 0);
        return bytes;
    }
}

/// <summary>Finds controllers that are internal.</summary>
internal sealed class InternalControllers : ControllerFeatureProvider
{
    protected override bool IsController(
        TypeInfo typeInfo) => !typeInfo.IsAbstract && typeInfo.IsAssignableTo(typeof(ControllerBase));
}
