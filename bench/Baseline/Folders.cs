using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;

namespace Registry.Bench.Baseline;

/// <summary>The folder of the served files, and the folder of the pushed ones.</summary>
internal sealed class Folders(string files, string pushed)
{
    private readonly ConcurrentDictionary<string, byte[]> prepared = new(StringComparer.Ordinal);

    /// <summary>The folder for pushes.</summary>
    public string Pushed { get; } = pushed;

    /// <summary>Returns the path of a served file.</summary>
    public string PathOf(string name) => Path.Combine(files, name);

    /// <summary>Returns the bytes of a served file, read once.</summary>
    public byte[] Prepared(string name) => prepared.GetOrAdd(name, Read, this);

    private static byte[] Read(string name, Folders folders)
    {
        using var file = File.OpenHandle(folders.PathOf(name));
        var bytes = new byte[RandomAccess.GetLength(file)];
        RandomAccess.Read(file, bytes, fileOffset: 0);
        return bytes;
    }
}

/// <summary>Discovers internal controllers.</summary>
internal sealed class InternalControllers : ControllerFeatureProvider
{
    protected override bool IsController(
        TypeInfo typeInfo) => !typeInfo.IsAbstract && typeInfo.IsAssignableTo(typeof(ControllerBase));
}
